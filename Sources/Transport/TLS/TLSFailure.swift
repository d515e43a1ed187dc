internal import NIOSSL

/// Says in words why TLS failed. The library's own text is a stack of codes.
package enum TLSFailure {
    /// Names that the library's errors have, and what they mean to whoever sees them.
    private static let meanings: [(name: String, meaning: String)] = [
        ("CERTIFICATE_VERIFY_FAILED", "the other side's certificate is not of a trusted authority, or has expired"),
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "the client showed no certificate, and one is asked for"),
        ("CERTIFICATE_REQUIRED", "the server asks for a client certificate"),
        ("UNKNOWN_CA", "the other side does not trust this side's certificate"),
        ("CERTIFICATE_EXPIRED", "this side's certificate has expired"),
        ("BAD_CERTIFICATE", "the other side refuses this side's certificate"),
        ("CERTIFICATE_UNKNOWN", "the other side refuses this side's certificate"),
        ("WRONG_VERSION_NUMBER", "the other side does not speak TLS"),
        ("HTTP_REQUEST", "the other side speaks HTTP without TLS"),
        ("UNSUPPORTED_PROTOCOL", "the other side does not speak TLS 1.3"),
        ("PROTOCOL_VERSION", "the other side does not speak TLS 1.3"),
        ("failedToValidateHostname", "the server's certificate is not for this host name"),
        ("serverHostnameImpossibleToMatch", "no certificate can be for this host name"),
        ("eofDuringHandshake", "the other side went away during the handshake"),
        ("EOF during handshake", "the other side went away during the handshake"),
    ]

    /// nil when `error` does not come from TLS, or is only a connection that ended.
    package static func text(_ error: any Error) -> String? {
        switch error {
        case NIOSSLError.uncleanShutdown: return nil
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: break
        default: return nil
        }
        let text = "\(error)"
        return meanings.first { text.contains($0.name) }?.meaning ?? text
    }
}
