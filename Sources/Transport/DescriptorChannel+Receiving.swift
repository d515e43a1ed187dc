internal import Glibc

/// The client's side: its end of the channel comes with bytes of the connection.
extension DescriptorChannel {
    /// A HELLO is far shorter. What is behind the first byte may also be read without descriptors.
    private static let firstBytes = 4096

    /// Reads what has come over a connection, and the side channel on it, if there is one. Does not block.
    ///
    /// Further descriptors, and one that is no socket of the right type, are let go of.
    ///
    /// - Returns: the bytes, none of them at the connection's end; nil when nothing has come yet.
    package static func receiveChannel(
        over socket: CInt
    ) throws(DescriptorError) -> (bytes: [UInt8], channel: DescriptorChannel?)? {
        var bytes = [UInt8](repeating: 0, count: firstBytes)
        var control = ControlBuffer(descriptorCount: roomForDescriptors)
        let (count, _, code) = control.receive(into: &bytes, from: socket)
        guard count >= 0 else {
            if code == EAGAIN || code == EINTR { return nil }
            throw .system(operation: "read from the connection", code: code)
        }
        var channel: DescriptorChannel?
        for descriptor in control.descriptors {
            if channel == nil, isPacketSocket(descriptor) {
                channel = DescriptorChannel(adopting: descriptor)
            } else {
                PassedDescriptor.letGo(descriptor)
            }
        }
        return (Array(bytes.prefix(count)), channel)
    }

    private static func isPacketSocket(_ descriptor: CInt) -> Bool {
        var type: CInt = 0
        var byteCount = socklen_t(MemoryLayout<CInt>.size)
        // Both variables outlive the call, and the size is the value's.
        return unsafe getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &byteCount) == 0
            && type == CInt(SOCK_SEQPACKET.rawValue)
    }
}
