internal import Glibc

/// A side channel that passes open files between two processes: one end of a pair of SOCK_SEQPACKET sockets. Each message is
/// one descriptor (SCM_RIGHTS) and a short text that says what it is for.
///
/// The end that goes to the peer is passed over the connection itself (`send(_:withDescriptor:over:)`), so that nothing
/// needs a name in a file system.
package final class DescriptorChannel: Sendable {
    package static let maximumTagBytes = 64
    /// A peer that sends more in one message has them closed here; beyond that the kernel closes them itself.
    static let roomForDescriptors = 8

    private let descriptor: CInt

    /// Takes over one end of a pair, and closes it in the end.
    package init(adopting descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Both ends of a side channel: this side's, and the one for the peer.
    package static func pair() throws(DescriptorError) -> (ours: DescriptorChannel, theirs: PassedDescriptor) {
        var ends: [CInt] = [-1, -1]
        let type = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        // The array has room for the two numbers.
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
            throw .system(operation: "make a pair of sockets", code: errno)
        }
        return (DescriptorChannel(adopting: ends[0]), PassedDescriptor(adopting: ends[1], tag: "peer"))
    }

    /// Sends a descriptor; the sender keeps its own. Does not block.
    package func send(_ passed: CInt, tag: String) throws(DescriptorError) {
        guard (1...Self.maximumTagBytes).contains(tag.utf8.count) else { throw .badTag }
        _ = try Self.send(Array(tag.utf8), withDescriptor: passed, over: descriptor)
    }

    /// The next descriptor, or nil when none comes within the time.
    ///
    /// - Parameter timeoutMilliseconds: 0 to look once.
    package func receive(timeoutMilliseconds: CInt) throws(DescriptorError) -> PassedDescriptor? {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // One entry, ours, for the length of the call.
        let count = unsafe poll(&wanted, 1, timeoutMilliseconds)
        guard count >= 0 || errno == EINTR else { throw .system(operation: "wait for a descriptor", code: errno) }
        guard count > 0 else { return nil }
        return try read()
    }

    /// Takes no more messages, and lets go of the descriptors of those that nobody has received.
    ///
    /// The system would close them with the channel, on whatever thread that happens. To let go of one can take as long as
    /// its owner likes, so this belongs on a thread that may block.
    package func discard() {
        // From here on the peer cannot send, so that the loop ends.
        shutdown(descriptor, CInt(SHUT_RDWR))
        while true {
            do throws(DescriptorError) {
                guard try read() != nil else { return }
            } catch {
                switch error {
                case .wrongCount, .badTag: continue
                default: return
                }
            }
        }
    }

    private func read() throws(DescriptorError) -> PassedDescriptor? {
        var text = [UInt8](repeating: 0, count: Self.maximumTagBytes + 1)
        var control = ControlBuffer(descriptorCount: Self.roomForDescriptors)
        let (count, flags, code) = control.receive(into: &text, from: descriptor)
        guard count >= 0 else {
            if code == EAGAIN || code == EINTR { return nil }
            throw .system(operation: "receive a descriptor", code: code)
        }
        let descriptors = control.descriptors
        guard descriptors.count == 1, flags & CInt(MSG_CTRUNC) == 0 else {
            for extra in descriptors { PassedDescriptor.letGo(extra) }
            if count == 0, descriptors.isEmpty { throw .closed }
            throw .wrongCount(descriptors.count)
        }
        guard (1...Self.maximumTagBytes).contains(count),
            let tag = String(validating: text.prefix(count), as: UTF8.self)
        else {
            PassedDescriptor.letGo(descriptors[0])
            throw .badTag
        }
        return PassedDescriptor(adopting: descriptors[0], tag: tag)
    }

    /// Sends bytes over a socket with a descriptor on the first of them. Does not block.
    ///
    /// - Returns: how many bytes the socket took, at least 1; the descriptor went with them.
    package static func send(
        _ bytes: [UInt8], withDescriptor passed: CInt, over socket: CInt
    ) throws(DescriptorError) -> Int {
        var control = ControlBuffer(descriptorCount: 1)
        let (count, code) = control.send(passed, bytes, over: socket)
        guard count > 0 else { throw .system(operation: "send a descriptor", code: code) }
        return count
    }
}
