internal import DataTypes
internal import NIOCore
internal import Transport
internal import Wire

/// One tensor of a batch: a view of the batch's memory, valid as long as it is held.
public struct HeadraceTensor: Sendable {
    /// Name, shape, element type and layout.
    public private(set) var description: TensorDescription
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

    /// A tensor of an iterator of your own. The elements are copied.
    ///
    /// - Parameters:
    ///   - elements: in C order: the last axis lies together.
    ///   - shape: extents whose product is the number of elements.
    ///   - layout: one letter an axis, `N` for the batch axis.
    /// - Throws: `.badRequest` when shape and elements do not fit each other.
    public init<Number: HeadraceElement>(
        _ name: String, _ elements: [Number], shape: [Int], layout: String = "NCHW"
    ) throws {
        let bytes = try HeadraceArray(name, elements, shape: shape).bytes
        description = TensorDescription(name: name, shape: shape, elementType: Number.elementType, layout: layout)
        var buffer = AlignedMemory.allocator.buffer(capacity: max(1, bytes.count))
        buffer.writeBytes(bytes)
        payload = buffer
        owner = nil
        range = 0..<bytes.count
    }

    private init(_ tensor: HeadraceTensor, named name: String) {
        self = tensor
        description = tensor.description.renamed(name)
    }

    /// The same memory under another name.
    func renamed(_ name: String) -> HeadraceTensor {
        name == description.name ? self : HeadraceTensor(self, named: name)
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
