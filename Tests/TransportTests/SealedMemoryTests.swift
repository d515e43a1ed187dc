import CLinux
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Transport

/// Memory files: made by a client, taken over by the server.
struct SealedMemoryTests {
    /// A memory file that its caller fills, seals and closes. `name` tells its mappings apart from those of other tests.
    private func file(_ name: String) -> CInt {
        // The name is a C string for the call.
        unsafe clinux_memory_file(name)
    }

    private let allSeals: CInt = 2 | 4 | 8

    @Test("a file made here is sealed, is taken over as it is, and is closed with its last reference")
    func making() throws {
        for count in [0, 1, SealedMemory.smallestMapping + 5] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let made = try SealedMemory.make("made", bytes)
            #expect(made.tag == "made")
            // F_GET_SEALS
            #expect(fcntl(made.raw, 1034) == allSeals | 1)
            let mapped = try unsafe SealedMemory.map(made.raw, byteCount: count)
            #expect(unsafe Array(mapped) == bytes)
            unsafe SealedMemory.unmap(mapped)
            // Neither longer nor other bytes: one, out of an array of one.
            #expect(ftruncate(made.raw, off_t(count + 1)) == -1)
            #expect(unsafe write(made.raw, [1], 1) == -1)
        }
        #expect(throws: DescriptorError.self) { try SealedMemory.make(String(repeating: "x", count: 300), [1]) }
    }

    @Test("small files are copied, so that many of them take no mappings; large ones are mapped")
    func mappings() throws {
        let small = "copied-\(UUID().uuidString)"
        let large = "mapped-\(UUID().uuidString)"
        // Every element was returned by `map`, and is looked at by nobody else.
        var held: [UnsafeRawBufferPointer] = unsafe []
        defer { unsafe held.forEach { unsafe SealedMemory.unmap($0) } }
        for (name, byteCount) in [(small, 4096), (small, SealedMemory.smallestMapping - 1)] {
            for _ in 0..<20 {
                let made = try SealedMemory.make(name, [UInt8](repeating: 7, count: byteCount))
                let bytes = try unsafe SealedMemory.map(made.raw, byteCount: byteCount)
                unsafe held.append(bytes)
                #expect(unsafe bytes.count == byteCount && bytes.allSatisfy { $0 == 7 })
            }
        }
        #expect(ProcessMaps.count(ofMemoryFile: "headrace-" + small) == 0)
        let made = try SealedMemory.make(large, [UInt8](repeating: 7, count: SealedMemory.smallestMapping))
        unsafe held.append(try SealedMemory.map(made.raw, byteCount: SealedMemory.smallestMapping))
        #expect(ProcessMaps.count(ofMemoryFile: "headrace-" + large) == 1)
        unsafe SealedMemory.unmap(held.removeLast())
        #expect(ProcessMaps.count(ofMemoryFile: "headrace-" + large) == 0)
    }

    @Test("a hole that blocks behind the file's end hide is filled before anybody looks at it")
    func hiddenHole() throws {
        let byteCount = 2 * SealedMemory.smallestMapping
        let file = file("hidden-hole")
        defer { close(file) }
        #expect(ftruncate(file, off_t(byteCount)) == 0)
        // FALLOC_FL_KEEP_SIZE: as many blocks as the file should have, none of them in it.
        // The module Glibc leaves the call out; the C library has it, with these types.
        let allocate = unsafe unsafeBitCast(
            dlsym(nil, "fallocate"), to: (@convention(c) (CInt, CInt, off_t, off_t) -> CInt).self)
        #expect(allocate(file, 1, off_t(byteCount), off_t(byteCount)) == 0)
        // F_ADD_SEALS
        #expect(fcntl(file, 1033, allSeals) == 0)
        var status = stat()
        // `status` is ours and lives through the call.
        #expect(unsafe fstat(file, &status) == 0 && Int(status.st_blocks) * 512 >= byteCount)

        let mapped = try unsafe SealedMemory.map(file, byteCount: byteCount)
        defer { unsafe SealedMemory.unmap(mapped) }
        // mincore looks at pages and touches none.
        var pages = [UInt8](repeating: 0, count: byteCount / 4096)
        let start = unsafe UnsafeMutableRawPointer(mutating: mapped.baseAddress)
        #expect(unsafe mincore(start, byteCount, &pages) == 0)
        #expect(pages.allSatisfy { $0 & 1 == 1 })
        #expect(unsafe mapped.allSatisfy { $0 == 0 })
    }

    @Test("without such blocks a hole is refused, whatever the file's size")
    func openHole() throws {
        for byteCount in [8192, 2 * SealedMemory.smallestMapping] {
            let file = file("hole")
            defer { close(file) }
            #expect(ftruncate(file, off_t(byteCount)) == 0 && fcntl(file, 1033, allSeals) == 0)
            #expect(throws: DescriptorError.hasHoles(allocatedBytes: 0, needed: byteCount)) {
                _ = try unsafe SealedMemory.map(file, byteCount: byteCount)
            }
        }
    }
}
