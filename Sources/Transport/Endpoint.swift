/// Where a server listens and a client connects.
package enum Endpoint: Sendable, Hashable {
    /// A Unix domain socket at a path.
    case unix(path: String)
    /// A name or numeric address, and a port.
    case tcp(host: String, port: Int)
    /// The same, with TLS.
    case tls(host: String, port: Int)

    /// The port of `tcp://host` without one.
    package static let defaultPort = 9347
    /// Bytes that a Unix socket's path may have: `sun_path` less its terminating zero.
    package static let maxPathBytes = 107

    /// Reads `unix:/path`, `tcp://host`, `tcp://host:port` or `tcp://[address]:port`, and `tls://` as `tcp://`.
    package init(_ text: String) throws(EndpointError) {
        if let path = Self.rest(of: text, behind: "unix:") {
            // `unix:///run/x` is as common a way to write it as `unix:/run/x`.
            let path = path.hasPrefix("//") ? String(path.dropFirst(2)) : path
            guard path.hasPrefix("/"), !path.utf8.contains(0) else { throw .notAbsolute(text) }
            guard path.utf8.count <= Self.maxPathBytes else { throw .pathTooLong(path, byteCount: path.utf8.count) }
            self = .unix(path: path)
        } else if let authority = Self.rest(of: text, behind: "tcp://") {
            let (host, port) = try Self.address(authority, text)
            self = .tcp(host: host, port: port)
        } else if let authority = Self.rest(of: text, behind: "tls://") {
            let (host, port) = try Self.address(authority, text)
            self = .tls(host: host, port: port)
        } else {
            throw .unknownScheme(text)
        }
    }

    /// Whether what goes over it can be read on the way.
    package var isExposed: Bool {
        guard case .tcp(let host, _) = self else { return false }
        let isNumeric = host.allSatisfy { "0123456789.".contains($0) }
        return host != "localhost" && host != "::1" && !(isNumeric && host.hasPrefix("127."))
    }

    private static func rest(of text: String, behind prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    private static func address(
        _ authority: String, _ text: String
    ) throws(EndpointError) -> (host: String, port: Int) {
        var authority = Substring(authority)
        if authority.hasSuffix("/") { authority.removeLast() }
        let host: Substring
        let port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .badAddress(text) }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { throw .badAddress(text) }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
            if let port, port.contains(":") { throw .bareIPv6(text) }
        } else {
            host = authority
            port = nil
        }
        guard !host.isEmpty, host.utf8.count <= 255,
            !host.contains(where: { $0 == "/" || $0 == "@" || $0.isWhitespace })
        else { throw .badAddress(text) }
        guard let port else { return (String(host), defaultPort) }
        guard let number = Int(port), (0...65_535).contains(number), port.utf8.count <= 5, !port.hasPrefix("+") else {
            throw .badPort(String(port), text)
        }
        return (String(host), number)
    }
}

extension Endpoint: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): "tcp://" + Self.authority(host, port)
        case .tls(let host, let port): "tls://" + Self.authority(host, port)
        }
    }

    private static func authority(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
