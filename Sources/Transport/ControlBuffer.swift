internal import Glibc

/// The memory beside a message that carries descriptors: a `cmsghdr` and the numbers behind it.
///
///     | length, 8 bytes | level, 4 | type, 4 | descriptor, 4 | ...
///
/// The macros that C has for this are not visible to Swift. The layout is that of 64-bit Linux.
@safe
struct ControlBuffer: ~Copyable {
    private static let headerBytes = 16
    private let bytes: UnsafeMutableRawBufferPointer
    /// Bytes of it that the kernel has filled.
    private var filled = 0

    init(descriptorCount: Int) {
        precondition(MemoryLayout<cmsghdr>.size == Self.headerBytes)
        unsafe bytes = .allocate(byteCount: (Self.headerBytes + 4 * descriptorCount + 7) & ~7, alignment: 8)
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { unsafe bytes.deallocate() }

    /// Sends `text` and one descriptor without blocking; errno is in `code` when `count` is negative.
    mutating func send(_ descriptor: CInt, _ text: [UInt8], over socket: CInt) -> (count: Int, code: CInt) {
        unsafe bytes.storeBytes(of: Self.headerBytes + 4, toByteOffset: 0, as: Int.self)
        unsafe bytes.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: CInt.self)
        unsafe bytes.storeBytes(of: CInt(SCM_RIGHTS), toByteOffset: 12, as: CInt.self)
        unsafe bytes.storeBytes(of: descriptor, toByteOffset: Self.headerBytes, as: CInt.self)
        var text = text
        // All that the message points to is ours and lives through the call.
        return unsafe text.withUnsafeMutableBytes { buffer in
            var part = unsafe iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
            return unsafe withUnsafeMutablePointer(to: &part) { parts in
                var message = unsafe msghdr()
                unsafe message.msg_iov = parts
                unsafe message.msg_iovlen = 1
                unsafe message.msg_control = bytes.baseAddress
                unsafe message.msg_controllen = Self.headerBytes + 8
                let count = unsafe sendmsg(socket, &message, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
                return (count, errno)
            }
        }
    }

    /// Receives one message without blocking.
    mutating func receive(into text: inout [UInt8], from socket: CInt) -> (count: Int, flags: CInt, code: CInt) {
        // All that the message points to is ours and lives through the call.
        let (result, controlBytes) = unsafe text.withUnsafeMutableBytes { buffer in
            var part = unsafe iovec(iov_base: buffer.baseAddress, iov_len: buffer.count)
            return unsafe withUnsafeMutablePointer(to: &part) { parts in
                var message = unsafe msghdr()
                unsafe message.msg_iov = parts
                unsafe message.msg_iovlen = 1
                unsafe message.msg_control = bytes.baseAddress
                unsafe message.msg_controllen = bytes.count
                let count = unsafe recvmsg(
                    socket, &message, CInt(MSG_CMSG_CLOEXEC) | CInt(MSG_DONTWAIT))
                let result = unsafe (count: count, flags: message.msg_flags, code: errno)
                return unsafe (result, message.msg_controllen)
            }
        }
        filled = unsafe result.count >= 0 ? min(controlBytes, bytes.count) : 0
        return result
    }

    /// The descriptors of the message that was received. They are the caller's to close.
    var descriptors: [CInt] {
        guard filled >= Self.headerBytes else { return [] }
        // The kernel wrote the header, and its length covers no more than was filled.
        let length = unsafe min(bytes.load(fromByteOffset: 0, as: Int.self), filled)
        guard unsafe bytes.load(fromByteOffset: 8, as: CInt.self) == SOL_SOCKET,
            unsafe bytes.load(fromByteOffset: 12, as: CInt.self) == CInt(SCM_RIGHTS)
        else { return [] }
        return stride(from: Self.headerBytes, through: length - 4, by: 4).map {
            unsafe bytes.load(fromByteOffset: $0, as: CInt.self)
        }
    }
}
