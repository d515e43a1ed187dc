internal import NIOCore

/// Why a server cannot listen.
package enum ListenError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Somebody answers at the socket.
    case runningServer(path: String)
    /// Another program has the port.
    case portInUse(host: String, port: Int)
    /// The path is there and is not a socket; it is left alone.
    case notASocket(path: String)
    case noDirectory(path: String)
    case noPermission(Endpoint)
    case noSuchHost(String, reason: String)
    /// A descriptor that was handed over is not a listening stream socket.
    case badDescriptor(CInt, reason: String)
    case systemCall(String, Endpoint?, errorNumber: CInt)

    package var description: String {
        switch self {
        case .runningServer(let path):
            "the socket \(path) is in use by a running server; stop it, or listen at another path"
        case .portInUse(let host, let port):
            "port \(port) of \(host) is in use by another program; stop it, or choose another port"
        case .notASocket(let path): "\(path) is there and is not a socket; remove it, or listen at another path"
        case .noDirectory(let path): "the directory of the socket \(path) does not exist; create it first"
        case .noPermission(let endpoint): "no permission to listen at \(endpoint)"
        case .noSuchHost(let host, let reason): "the host '\(host)' cannot be resolved: \(reason)"
        case .badDescriptor(let descriptor, let reason): "descriptor \(descriptor) cannot be listened on: \(reason)"
        case .systemCall(let name, let endpoint, let number):
            "\(endpoint.map { "cannot listen at \($0)" } ?? "cannot listen"): "
                + IOError(errnoCode: number, reason: name).description
        }
    }
}
