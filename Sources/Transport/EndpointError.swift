/// Text that is not an endpoint.
package enum EndpointError: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownScheme(String)
    case notAbsolute(String)
    case pathTooLong(String, byteCount: Int)
    case badAddress(String)
    /// An IPv6 address without brackets, where the port cannot be told from the address.
    case bareIPv6(String)
    case badPort(String, String)

    package var description: String {
        switch self {
        case .unknownScheme(let text):
            "'\(text)' is not an endpoint; write unix:/path, tcp://host:port or tls://host:port"
        case .notAbsolute(let text):
            "'\(text)': the socket's path must start with /, as in unix:/run/headrace/data.sock"
        case .pathTooLong(let path, let byteCount):
            "the socket path '\(path)' has \(byteCount) bytes; the system allows \(Endpoint.maxPathBytes)"
        case .badAddress(let text): "'\(text)' has no usable host; write tcp://host:port"
        case .bareIPv6(let text): "'\(text)': put an IPv6 address in brackets, as in tcp://[::1]:9347"
        case .badPort(let port, let text): "'\(text)': '\(port)' is not a port from 0 to 65535"
        }
    }
}
