internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Why a connection could not be made.
package enum ConnectError: Error, Sendable, Hashable, CustomStringConvertible {
    case timedOut(Endpoint, after: Duration)
    /// Nobody listens there.
    case refused(Endpoint)
    /// There is no socket file.
    case noSocket(path: String)
    case noPermission(Endpoint)
    case noSuchHost(Endpoint)
    /// A certificate or key of this side cannot be used.
    case badFile(TLSFileError)
    case other(Endpoint, reason: String)

    init(_ endpoint: Endpoint, deadline: Duration, cause: any Error) {
        switch cause {
        case ChannelError.connectTimeout: self = .timedOut(endpoint, after: deadline)
        case let error as IOError: self.init(endpoint, error)
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first {
                self.init(endpoint, deadline: deadline, cause: first.error)
            } else {
                self = .noSuchHost(endpoint)
            }
        default: self = .other(endpoint, reason: "\(cause)")
        }
    }

    private init(_ endpoint: Endpoint, _ error: IOError) {
        switch (error.errnoCode, endpoint) {
        case (ECONNREFUSED, _): self = .refused(endpoint)
        case (ENOENT, .unix(let path)), (ENOTDIR, .unix(let path)): self = .noSocket(path: path)
        case (EACCES, _), (EPERM, _): self = .noPermission(endpoint)
        default: self = .other(endpoint, reason: "\(error)")
        }
    }

    package var description: String {
        switch self {
        case .timedOut(let endpoint, let deadline): "connecting to \(endpoint) took longer than \(deadline)"
        case .refused(let endpoint): "nobody listens at \(endpoint); is headraced running?"
        case .noSocket(let path): "there is no socket at \(path); is headraced running?"
        case .noPermission(let endpoint):
            "no permission to connect to \(endpoint); the socket's group must include this user"
        case .noSuchHost(let endpoint): "the host of \(endpoint) cannot be resolved"
        case .badFile(let error): "\(error)"
        case .other(let endpoint, let reason): "cannot connect to \(endpoint): \(reason)"
        }
    }
}
