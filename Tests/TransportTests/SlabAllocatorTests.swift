import DataTypes
import Glibc
import NIOCore
import Testing
import Transport

@Suite("Slabs in buffers")
struct SlabAllocatorTests {
    @Test(
        "a slab is aligned, zeroed, and shares its memory with its buffer",
        arguments: [64, 4096, 5_000_000, 40_000_000])
    func sharing(byteCount: Int) throws {
        let allocator = ByteBufferSlabAllocator()
        let slab = allocator.allocate(byteCount: byteCount)
        // The slab is alive in this whole test, and used by nobody else.
        let bytes = unsafe slab.bytes
        #expect(UInt(bitPattern: bytes.baseAddress) % 64 == 0)
        #expect(bytes.count == byteCount)
        #expect(unsafe bytes.allSatisfy { $0 == 0 })
        let buffer = try #require(allocator.buffer(for: slab, byteCount: byteCount))
        unsafe bytes[byteCount - 1] = 7
        #expect(buffer.readableBytes == byteCount)
        #expect(buffer.getInteger(at: byteCount - 1, as: UInt8.self) == 7)
        unsafe buffer.withUnsafeReadableBytes { view in
            #expect(unsafe view.baseAddress == UnsafeRawPointer(bytes.baseAddress))
        }
        // Handing it around does not copy either.
        let second = try #require(allocator.buffer(for: slab, byteCount: byteCount - 1))
        unsafe second.withUnsafeReadableBytes { view in
            #expect(unsafe view.baseAddress == UnsafeRawPointer(bytes.baseAddress))
        }
    }

    @Test("the memory lives as long as the slab or its buffer")
    func lifetime() throws {
        let allocator = ByteBufferSlabAllocator()
        var buffer: ByteBuffer?
        do {
            let slab = allocator.allocate(byteCount: 1 << 20)
            // Nobody else uses the slab.
            unsafe slab.bytes.initializeMemory(as: UInt8.self, repeating: 9)
            buffer = allocator.buffer(for: slab, byteCount: 1 << 20)
        }
        #expect(buffer?.readableBytesView.allSatisfy { $0 == 9 } == true)
    }

    @Test("a shared slab is zeroed and aligned, its file shows what is written, and nobody else can write to it")
    func sharedFile() throws {
        let allocator = SharedSlabAllocator()
        let slab = allocator.allocate(byteCount: 100_000)
        let file = try #require(allocator.file(of: slab))
        // The slab is alive in this whole test, and used by nobody else.
        let bytes = unsafe slab.bytes
        #expect(UInt(bitPattern: bytes.baseAddress) % 64 == 0 && bytes.count == 100_000)
        #expect(unsafe bytes.allSatisfy { $0 == 0 })
        unsafe bytes[99_999] = 7
        var byte: UInt8 = 0
        // One byte, into one byte.
        #expect(unsafe pread(file.descriptor, &byte, 1, 99_999) == 1 && byte == 7)
        #expect(unsafe pwrite(file.descriptor, &byte, 1, 0) == -1 && errno == EPERM)
        #expect(ftruncate(file.descriptor, 1) == -1 && ftruncate(file.descriptor, 200_000) == -1)
        // A mapping that fails overlaps nothing.
        #expect(unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor, 0) == MAP_FAILED)
        // F_ADD_SEALS: the seals themselves are sealed.
        #expect(fcntl(file.descriptor, 1033, 8) == -1)
        #expect(allocator.file(of: allocator.allocate(byteCount: 64))?.number == file.number + 1)
        let copy = try #require(allocator.buffer(for: slab, byteCount: 100_000))
        unsafe bytes[99_999] = 8
        #expect(copy.getInteger(at: 99_999, as: UInt8.self) == 7)
    }

    @Test("a slab that no memory file can be had for is plain memory")
    func sharedFallback() throws {
        let allocator = SharedSlabAllocator()
        let slab = allocator.allocate(byteCount: 0)
        #expect(allocator.file(of: slab) == nil)
        #expect(allocator.buffer(for: ByteBufferSlabAllocator().allocate(byteCount: 64), byteCount: 64) != nil)
        #expect(allocator.file(of: ByteBufferSlabAllocator().allocate(byteCount: 64)) == nil)
    }

    @Test("another allocator's slab has no buffer, and a length beyond the slab none either")
    func foreign() {
        let allocator = ByteBufferSlabAllocator()
        #expect(allocator.buffer(for: HeapSlabAllocator().allocate(byteCount: 64), byteCount: 64) == nil)
        #expect(allocator.buffer(for: allocator.allocate(byteCount: 64), byteCount: 65) == nil)
    }
}
