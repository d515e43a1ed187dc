internal import Crypto

/// What a server knows of a token.
package enum TokenDigest {
    /// - Returns: the 32 bytes of the SHA-256 of a token's text.
    package static func of(_ token: String) -> [UInt8] { Array(SHA256.hash(data: Array(token.utf8))) }
}
