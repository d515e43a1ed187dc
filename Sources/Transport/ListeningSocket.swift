internal import Glibc

/// A bound and listening descriptor, made with plain system calls: they block for moments only, but belong on a thread
/// that may block.
struct ListeningSocket: Sendable {
    var descriptor: CInt
    /// Where it really listens: a port of 0 has become one.
    var endpoint: Endpoint
    /// The file to remove at the end; nil when the socket came from outside or has none.
    var file: SocketFile?

    static let backlog: CInt = 1024

    static func open(_ endpoint: Endpoint, mode: UInt32) throws(ListenError) -> ListeningSocket {
        switch endpoint {
        case .unix(let path): try openUnix(path, mode: mode)
        case .tcp(let host, let port), .tls(let host, let port): try openTCP(host, port: port)
        }
    }

    // MARK: Unix

    private static func openUnix(_ path: String, mode: UInt32) throws(ListenError) -> ListeningSocket {
        let endpoint = Endpoint.unix(path: path)
        try SocketFile.removeStale(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | flags, 0)
        guard descriptor >= 0 else { throw .systemCall("socket", endpoint, errorNumber: errno) }
        // The address lives until the call returns.
        guard unsafe SocketFile.withAddress(path, { unsafe bind(descriptor, $0, $1) }) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw failure("bind", endpoint, number)
        }
        let file = SocketFile(path: path)
        // Before `listen`, so that nobody connects while the file still has the umask's bits. The path is only read.
        guard unsafe chmod(path, mode_t(mode)) == 0, listen(descriptor, backlog) == 0 else {
            let number = errno
            file?.remove()
            Glibc.close(descriptor)
            throw failure("listen", endpoint, number)
        }
        return ListeningSocket(descriptor: descriptor, endpoint: endpoint, file: file)
    }

    // MARK: TCP

    private static func openTCP(_ host: String, port: Int) throws(ListenError) -> ListeningSocket {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            // The text is static in the C library.
            throw .noSuchHost(host, reason: unsafe String(cString: gai_strerror(status)))
        }
        defer { unsafe freeaddrinfo(list) }
        var lastError = ListenError.noSuchHost(host, reason: "it has no address")
        var entry = unsafe list
        // The list and what it points to live until `freeaddrinfo`.
        while let info = unsafe entry?.pointee {
            do throws(ListenError) {
                let descriptor = unsafe try openTCP(info, host: host, port: port)
                return ListeningSocket(
                    descriptor: descriptor, endpoint: .tcp(host: host, port: boundPort(descriptor) ?? port), file: nil)
            } catch {
                lastError = error
            }
            unsafe entry = info.ai_next
        }
        throw lastError
    }

    private static func openTCP(_ info: addrinfo, host: String, port: Int) throws(ListenError) -> CInt {
        let endpoint = Endpoint.tcp(host: host, port: port)
        let descriptor = unsafe socket(info.ai_family, Int32(SOCK_STREAM.rawValue) | flags, 0)
        guard descriptor >= 0 else { throw .systemCall("socket", endpoint, errorNumber: errno) }
        var one: CInt = 1
        // So that a restart does not wait for the old connections' TIME_WAIT. The variable outlives the call.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
        guard unsafe bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, backlog) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            throw failure("bind", endpoint, number)
        }
        return descriptor
    }

    // MARK: Adopted

    /// A socket that already listens, such as one of systemd's.
    static func adopt(_ descriptor: CInt) throws(ListenError) -> ListeningSocket {
        guard let isListening = option(descriptor, SO_ACCEPTCONN), let type = option(descriptor, SO_TYPE),
            let domain = option(descriptor, SO_DOMAIN)
        else { throw .badDescriptor(descriptor, reason: "it is not a socket") }
        guard type == Int32(SOCK_STREAM.rawValue) else {
            throw .badDescriptor(descriptor, reason: "it is not a stream socket")
        }
        guard isListening == 1 else { throw .badDescriptor(descriptor, reason: "it does not listen") }
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0,
            fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
        else { throw .systemCall("fcntl", nil, errorNumber: errno) }
        switch domain {
        case AF_UNIX:
            return ListeningSocket(
                descriptor: descriptor, endpoint: .unix(path: SocketFile.path(of: descriptor) ?? ""), file: nil)
        case AF_INET, AF_INET6:
            return ListeningSocket(
                descriptor: descriptor,
                endpoint: .tcp(host: domain == AF_INET ? "0.0.0.0" : "::", port: boundPort(descriptor) ?? 0), file: nil)
        default:
            throw .badDescriptor(descriptor, reason: "it is neither a Unix nor a TCP socket")
        }
    }

    static func isNetwork(_ descriptor: CInt) -> Bool {
        let domain = option(descriptor, SO_DOMAIN)
        return domain == AF_INET || domain == AF_INET6
    }

    // MARK: Helpers

    private static let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)

    private static func failure(_ call: String, _ endpoint: Endpoint, _ number: CInt) -> ListenError {
        switch (number, endpoint) {
        case (EADDRINUSE, .tcp(let host, let port)): .portInUse(host: host, port: port)
        case (EADDRINUSE, .unix(let path)): .runningServer(path: path)
        case (ENOENT, .unix(let path)), (ENOTDIR, .unix(let path)): .noDirectory(path: path)
        case (EACCES, _), (EPERM, _), (EROFS, _): .noPermission(endpoint)
        default: .systemCall(call, endpoint, errorNumber: number)
        }
    }

    private static func option(_ descriptor: CInt, _ name: CInt) -> CInt? {
        var value: CInt = 0
        var byteCount = socklen_t(MemoryLayout<CInt>.size)
        // Both variables outlive the call, and the size is the value's.
        guard unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &byteCount) == 0 else { return nil }
        return value
    }

    private static func boundPort(_ descriptor: CInt) -> Int? {
        var address = sockaddr_storage()
        var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            // A storage is large enough for every kind of address.
            unsafe getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &byteCount)
        }
        guard status == 0 else { return nil }
        // The port is at the same place, in network order, for both families.
        return unsafe withUnsafeBytes(of: &address) { unsafe Int($0[2]) << 8 | Int($0[3]) }
    }
}
