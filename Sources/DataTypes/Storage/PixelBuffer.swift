/// A reusable 8-bit image: HWC, rows contiguous, channel order as OpenCV has it (gray, BGR or BGRA).
///
/// BGR and not RGB inside, because the reference works on BGR and some of its kernels treat the interleaved row as a
/// whole, so that the last values of a row depend on that order. Channels are swapped once, when a sample is written
/// into its slot.
///
/// One decode worker owns a buffer and reuses it; growing it is the only allocation. Not thread-safe.
@safe
package struct PixelBuffer: ~Copyable {
    /// Bytes that may be read, but not written, behind the image, so that kernels can load whole registers at its end. They
    /// hold nothing of use.
    package static let readableBytesBehind = 64

    package private(set) var width = 0
    package private(set) var height = 0
    package private(set) var channels = 0
    private var base: UnsafeMutableRawBufferPointer

    /// An empty buffer; memory comes with the first `reshape`.
    package init() {
        // An empty allocation holds the invariant that `base` can always be deallocated.
        unsafe base = .allocate(byteCount: 0, alignment: 64)
    }

    /// An image of this size and no larger memory, for one that is kept. Its content is undefined: the caller writes every byte.
    package init(width: Int, height: Int, channels: Int) {
        precondition(width >= 0 && height >= 0 && channels >= 0)
        let byteCount = width * height * channels + Self.readableBytesBehind
        unsafe base = .allocate(byteCount: byteCount, alignment: 64)
        // What may be read behind the image is there, within what was allocated.
        unsafe UnsafeMutableRawBufferPointer(rebasing: base.suffix(Self.readableBytesBehind))
            .initializeMemory(as: UInt8.self, repeating: 0)
        self.width = width
        self.height = height
        self.channels = channels
    }

    deinit { unsafe base.deallocate() }

    /// Bytes of one row.
    package var rowBytes: Int { width * channels }
    /// Bytes of the image.
    package var byteCount: Int { rowBytes * height }

    /// Makes this a `width × height × channels` image with undefined content: the caller writes every byte.
    package mutating func reshape(width: Int, height: Int, channels: Int) {
        precondition(width >= 0 && height >= 0 && channels >= 0)
        let needed = width * height * channels + Self.readableBytesBehind
        if unsafe needed > base.count {
            unsafe base.deallocate()
            // A quarter more than asked, so that a run of slowly growing images does not allocate every time. The
            // bytes start as zero: a decoder that stops early can then never show another process's memory.
            unsafe base = .allocate(byteCount: needed + needed / 4, alignment: 64)
            unsafe base.initializeMemory(as: UInt8.self, repeating: 0)
        }
        self.width = width
        self.height = height
        self.channels = channels
    }

    /// Takes over the pixels of an image of the same size.
    package mutating func copy(_ other: borrowing PixelBuffer) {
        precondition(width == other.width && height == other.height && channels == other.channels)
        // Both hold `byteCount` bytes, and one is borrowed while the other is changed, so they are not the same.
        unsafe base.copyMemory(from: UnsafeRawBufferPointer(rebasing: other.base[..<byteCount]))
    }

    /// All pixels, `height × width × channels`.
    package var pixels: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: base[..<byteCount]).assumingMemoryBound(to: UInt8.self)
            let span = unsafe Span(_unsafeElements: bytes)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// All pixels, for writing.
    package var mutablePixels: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: base[..<byteCount])
                .assumingMemoryBound(to: UInt8.self)
            let span = unsafe MutableSpan(_unsafeElements: bytes)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// The same memory for a C decoder, valid only inside `body`.
    package mutating func withUnsafeMutableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafeMutableRawBufferPointer(rebasing: base[..<byteCount]))
    }

    /// The same memory, read-only, valid only inside `body`.
    package borrowing func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        try unsafe body(UnsafeRawBufferPointer(rebasing: base[..<byteCount]))
    }
}
