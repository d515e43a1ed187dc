/// What a client needs for TLS, as paths of PEM files.
package struct TLSClientFiles: Sendable, Hashable {
    /// Authorities that the server's certificate may come from; nil: those of the system.
    package var authority: String?
    /// The client's own certificate, for servers that ask for one.
    package var certificate: String?
    /// The certificate's private key; nil: it is in the certificate's file.
    package var key: String?

    package init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }
}
