import CLinux
import Foundation
import Glibc
import Testing

@testable import Transport

@Suite("Descriptors beside the connection")
struct DescriptorChannelTests {
    /// A memory file with these bytes and seals. The caller closes it.
    private func memory(_ bytes: [UInt8], seals: CInt = 2 | 4 | 8, holeBytes: Int = 0) -> CInt {
        // The name is a C string for the call.
        let file = unsafe clinux_memory_file("test")
        _ = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
        if holeBytes > 0 { ftruncate(file, off_t(bytes.count + holeBytes)) }
        // F_ADD_SEALS
        _ = fcntl(file, 1033, seals)
        return file
    }

    /// How many descriptors of this process are of the file that `descriptor` is of. Numbers alone tell nothing: other tests
    /// open and close files meanwhile. Nor does the inode alone: files of other devices have the same numbers.
    private func openCount(_ descriptor: CInt) throws -> Int {
        func identity(_ descriptor: CInt) -> [UInt64]? {
            var status = stat()
            // `status` is ours and lives through the call.
            return unsafe fstat(descriptor, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
        }
        let file = try #require(identity(descriptor))
        return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { CInt($0) }
            .filter { identity($0) == file }.count
    }

    @Test("a descriptor arrives at either end with its text, close-on-exec")
    func passing() throws {
        let (ours, theirs) = try DescriptorChannel.pair()
        let peer = DescriptorChannel(adopting: dup(theirs.raw))
        for (sender, receiver) in [(ours, peer), (peer, ours)] {
            let file = memory(Array("hello".utf8))
            try sender.send(file, tag: "grüße")
            close(file)
            let passed = try #require(try receiver.receive(timeoutMilliseconds: 0))
            #expect(passed.tag == "grüße" && fcntl(passed.raw, F_GETFD) & FD_CLOEXEC != 0)
            var text = [UInt8](repeating: 0, count: 5)
            // Five bytes, into an array of five.
            #expect(unsafe pread(passed.raw, &text, 5, 0) == 5)
            #expect(text == Array("hello".utf8))
            #expect(try receiver.receive(timeoutMilliseconds: 0) == nil)
        }
    }

    @Test("a passed descriptor is closed with its last reference")
    func ownership() throws {
        let (ours, theirs) = try DescriptorChannel.pair()
        let peer = DescriptorChannel(adopting: dup(theirs.raw))
        let file = memory([1])
        defer { close(file) }
        try ours.send(file, tag: "a")
        #expect(try openCount(file) == 1)
        var passed = try peer.receive(timeoutMilliseconds: 0)
        #expect(try passed != nil && openCount(file) == 2)
        passed = nil
        #expect(try openCount(file) == 1)
    }

    @Test("messages with no descriptor, two, or a bad text are refused, and what they brought is closed")
    func badMessages() throws {
        let (ours, theirs) = try DescriptorChannel.pair()
        let file = memory([1])
        defer { close(file) }
        // Without a descriptor.
        #expect(unsafe Glibc.send(theirs.raw, [97], 1, 0) == 1)
        #expect(throws: DescriptorError.wrongCount(0)) { try ours.receive(timeoutMilliseconds: 0) }
        for text in [[0xFF], [UInt8](repeating: 97, count: 65)] as [[UInt8]] {
            _ = try DescriptorChannel.send(text, withDescriptor: file, over: theirs.raw)
            #expect(throws: DescriptorError.badTag) { try ours.receive(timeoutMilliseconds: 0) }
        }
        for tag in ["", String(repeating: "x", count: 65)] {
            #expect(throws: DescriptorError.badTag) { try ours.send(file, tag: tag) }
        }
        #expect(try openCount(file) == 1)
    }

    @Test("the end of the peer is told")
    func closed() throws {
        let (ours, theirs) = try DescriptorChannel.pair()
        withExtendedLifetime(theirs) {}
        shutdown(theirs.raw, CInt(SHUT_RDWR))
        #expect(throws: DescriptorError.closed) { try ours.receive(timeoutMilliseconds: 0) }
    }

    /// A pair of connected stream sockets. The caller closes them.
    private func connection() -> (client: CInt, server: CInt) {
        var ends: [CInt] = [-1, -1]
        // The array has room for the two numbers.
        #expect(unsafe socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    @Test("a client gets its end with the first byte of what the server says, and the bytes with it")
    func receivingAChannel() throws {
        let (client, server) = connection()
        defer { close(client) }
        #expect(try DescriptorChannel.receiveChannel(over: client) == nil)
        let (ours, theirs) = try DescriptorChannel.pair()
        #expect(try DescriptorChannel.send(Array("hello".utf8), withDescriptor: theirs.raw, over: server) == 5)
        let received = try #require(try DescriptorChannel.receiveChannel(over: client))
        #expect(received.bytes == Array("hello".utf8))
        let channel = try #require(received.channel)
        let file = memory([1])
        defer { close(file) }
        try channel.send(file, tag: "up")
        #expect(try ours.receive(timeoutMilliseconds: 0)?.tag == "up")
        try ours.send(file, tag: "down")
        #expect(try channel.receive(timeoutMilliseconds: 0)?.tag == "down")
        close(server)
        let end = try #require(try DescriptorChannel.receiveChannel(over: client))
        #expect(end.bytes.isEmpty && end.channel == nil)
    }

    @Test("a descriptor that is no side channel is let go of, and bytes without one are bytes")
    func receivingNoChannel() throws {
        let (client, server) = connection()
        defer {
            close(client)
            close(server)
        }
        let file = memory([1])
        defer { close(file) }
        for other in [file, server] {
            _ = try DescriptorChannel.send([1, 2], withDescriptor: other, over: server)
            let received = try #require(try DescriptorChannel.receiveChannel(over: client))
            #expect(received.bytes == [1, 2] && received.channel == nil)
        }
        #expect(try openCount(file) == 1)
        // Three bytes, of an array of three.
        #expect(unsafe Glibc.send(server, [4, 5, 6] as [UInt8], 3, 0) == 3)
        let received = try #require(try DescriptorChannel.receiveChannel(over: client))
        #expect(received.bytes == [4, 5, 6] && received.channel == nil)
    }

    @Test("sealed memory is mapped, and stays readable when its descriptor is closed")
    func mapping() throws {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0) }
        let file = memory(bytes)
        let mapped = try unsafe SealedMemory.map(file, byteCount: 9_999)
        close(file)
        #expect(unsafe Array(mapped) == Array(bytes.dropLast()))
        unsafe SealedMemory.unmap(mapped)
        let empty = memory([])
        defer { close(empty) }
        #expect(try unsafe SealedMemory.map(empty, byteCount: 0).isEmpty)
    }

    @Test("memory that could still change, shrink or fail under a reader is refused")
    func unsafeMemory() throws {
        func refused(_ file: CInt, _ byteCount: Int, _ expected: DescriptorError) {
            defer { close(file) }
            #expect(throws: expected) { _ = try unsafe SealedMemory.map(file, byteCount: byteCount) }
        }
        refused(memory([1], seals: 0), 1, .notSealed(missing: ["F_SEAL_SHRINK", "F_SEAL_GROW", "F_SEAL_WRITE"]))
        refused(memory([1], seals: 4 | 8), 1, .notSealed(missing: ["F_SEAL_SHRINK"]))
        refused(memory([1], seals: 2 | 8), 1, .notSealed(missing: ["F_SEAL_GROW"]))
        refused(memory([1], seals: 2 | 4), 1, .notSealed(missing: ["F_SEAL_WRITE"]))
        refused(memory([1, 2]), 3, .tooShort(byteCount: 2, needed: 3))
        refused(memory([1], holeBytes: 1 << 20), 1 << 20, .hasHoles(allocatedBytes: 4096, needed: 1 << 20))
        // A path for the length of the call.
        refused(unsafe open("/etc/passwd", O_RDONLY), 1, .notMemory)
        refused(unsafe open("/dev/zero", O_RDWR), 1, .notMemory)
    }
}
