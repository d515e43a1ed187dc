package import DataTypes
internal import Synchronization
package import Wire

/// The tokens that clients may show, of which the server knows only the SHA-256. A reload replaces them.
package final class AccessTokens: Sendable {
    /// Longer is no token, and not worth hashing.
    private static let longestToken = 256
    /// How a client has come.
    package enum Entrance: Sendable, CaseIterable {
        /// Over a Unix socket, whose permissions have let it in; there a token only says whose limits hold.
        case local
        /// Over the network, with a certificate of the authority that is asked for.
        case certificate
        /// Over the network, and nothing is known of it.
        case open
    }

    /// By name.
    private let digests: Mutex<[String: [UInt8]]>
    /// Whether a client from the network may show neither a token nor a certificate where there are no tokens.
    private let letsStrangersIn: Bool

    /// - Parameter digests: the SHA-256 of each token's text, by the token's name. Without any, nobody is asked.
    package init(_ digests: [String: [UInt8]] = [:], letsStrangersIn: Bool = true) {
        self.digests = Mutex(digests)
        self.letsStrangersIn = letsStrangersIn
    }

    /// From now on these are asked for. Connections that are greeted stay.
    package func replace(with digests: [String: [UInt8]]) { self.digests.withLock { $0 = digests } }

    /// Who the client is that shows `token`.
    ///
    /// - Returns: the token's name, or nil for a client that needs none.
    /// - Throws: `.forbidden`.
    package func owner(of token: AccessToken?, entrance: Entrance) throws(StreamError) -> String? {
        let digests = digests.withLock { $0 }
        if digests.isEmpty {
            guard letsStrangersIn || entrance != .open else {
                // A reload came between the connection and its greeting, or took away what a socket was opened with.
                throw StreamError(
                    .forbidden, "this server lets in nobody from the network of whom it knows nothing",
                    hint: "connect again, with a certificate if it asks for one")
            }
            return nil
        }
        guard let token else {
            if case .local = entrance { return nil }
            throw StreamError(
                .forbidden, "this server asks for a token, and the client showed none",
                hint: "connect with token=…, or set HEADRACE_TOKEN")
        }
        guard token.text.utf8.count <= Self.longestToken, let name = Self.name(of: token, among: digests) else {
            throw StreamError(
                .forbidden, "the client's token is not one of this server's",
                hint: "ask whoever runs the server; `headrace token` makes a new one")
        }
        return name
    }

    /// Looks at every byte of every digest, whatever matches: how long it takes says nothing about any of them.
    private static func name(of token: AccessToken, among digests: [String: [UInt8]]) -> String? {
        let shown = TokenDigest.of(token.text)
        var found: String?
        for (name, digest) in digests where digest.count == shown.count {
            var difference: UInt8 = 0
            for index in shown.indices { difference |= shown[index] ^ digest[index] }
            if difference == 0 { found = name }
        }
        return found
    }
}
