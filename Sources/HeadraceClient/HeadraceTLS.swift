/// What a client needs for a `tls://` endpoint, as paths of PEM files. TLS 1.3 is spoken, and the server's certificate must
/// be for the endpoint's host.
public struct HeadraceTLS: Sendable, Hashable {
    /// Authorities that the server's certificate may come from; nil: those of the system.
    public var authority: String?
    /// This client's own certificate, for servers that ask for one.
    public var certificate: String?
    /// The certificate's private key, without a passphrase; nil: it is in the certificate's file.
    public var key: String?

    /// The system's authorities and no certificate, unless told otherwise.
    public init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }
}
