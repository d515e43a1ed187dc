import DataTypes
import Glibc
import NIOCore

/// An array whose elements are coming in. Its room is taken whole at the start, and given back when it is let go.
@safe
final class ArrayUpload {
    private let name: String
    private let shape: ArrayShape
    private let reservation: MemoryReservation
    private var memory: UnsafeMutableRawBufferPointer
    private var count = 0

    /// From here on memory is asked for in huge pages, which are faster to fill.
    private static let hugeFromBytes = 4 << 20

    /// - Throws: `.memoryLimit` when the system has no such memory.
    init(name: String, shape: ArrayShape, reservation: MemoryReservation) throws(StreamError) {
        self.name = name
        self.shape = shape
        self.reservation = reservation
        guard shape.byteCount > 0 else {
            unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
            return
        }
        // A fresh mapping of the kernel's choice overlaps nothing. Mapped, not allocated, so that it goes back to the system.
        let start = unsafe mmap(
            nil, shape.byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard unsafe start != MAP_FAILED else {
            throw StreamError(
                .memoryLimit, "the system has no \(shape.byteCount) bytes for the array '\(name)'", isRetryable: true)
        }
        unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: shape.byteCount)
        if shape.byteCount >= Self.hugeFromBytes { unsafe madvise(start, shape.byteCount, MADV_HUGEPAGE) }
    }

    deinit { unsafe Self.unmap(UnsafeRawBufferPointer(memory)) }

    /// - Precondition: no more comes than there is room for.
    func append(_ elements: ByteBuffer) {
        let end = count + elements.readableBytes
        precondition(end <= shape.byteCount)
        // The range lies in the mapping, as was just checked.
        unsafe elements.withUnsafeReadableBytes { bytes in
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count..<end]).copyMemory(from: bytes)
        }
        count = end
    }

    /// The array, whole. It takes over the memory.
    func finish() -> HandedArray {
        precondition(count == shape.byteCount)
        let bytes = unsafe UnsafeRawBufferPointer(memory)
        unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        return unsafe HandedArray(name: name, shape: shape, bytes: bytes, reservation: reservation) {
            unsafe Self.unmap($0)
        }
    }

    private static func unmap(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        // The mapping made above, which nobody looks at any more.
        unsafe munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
}
