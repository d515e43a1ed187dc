internal import NIOCore
internal import Wire

/// One tensor of a batch: a view of the batch's memory, valid as long as it is held.
public struct HeadraceTensor: Sendable {
    /// Name, shape, element type and layout.
    public let description: TensorDescription
    private let payload: ByteBuffer
    /// What keeps the payload's memory from being used anew, when that is not the payload itself.
    private let owner: (any AnyObject & Sendable)?
    private let range: Range<Int>

    /// - Precondition: `tensor` was read from `payload`, which has checked that it lies inside.
    init(_ tensor: BatchHeader.Tensor, payload: ByteBuffer, owner: (any AnyObject & Sendable)?) {
        self.owner = owner
        description = TensorDescription(tensor.desc)
        self.payload = payload
        range = tensor.offset..<(tensor.offset + tensor.desc.byteCount)
    }

    /// Extents, the batch axis included.
    public var shape: [Int] { description.shape }

    /// The elements' bytes, row-major, at an address that is a multiple of 64.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get { payload.readableBytesSpan.extracting(range) }
    }

    /// The elements as `Element`, without a copy.
    ///
    /// - Precondition: `Element` is as wide as the tensor's elements: `Float` for `float32`, `UInt8` for `uint8`.
    @_lifetime(borrow self)
    public func span<Element: BitwiseCopyable>(as type: Element.Type) -> Span<Element> {
        precondition(
            range.count == description.shape.reduce(1, *) * MemoryLayout<Element>.size,
            "\(type) is not as wide as \(description.elementType.rawValue)")
        // Every pattern of bits is a value of a trivial type of that width, the bytes are aligned to 64, and the
        // result lives no longer than the borrowed tensor, which keeps them.
        let span = Span<Element>(_bytes: bytes)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Calls `body` with the bytes, for code that needs a pointer.
    public func withUnsafeBytes<R, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
    ) throws(Failure) -> R {
        // The range was checked against the payload when the batch was read.
        try unsafe payload.withUnsafeReadableBytes { bytes throws(Failure) in
            try unsafe body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }
}
