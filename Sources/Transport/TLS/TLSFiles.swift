/// The files of a server's TLS, as the configuration names them. All are PEM.
package struct TLSFiles: Sendable, Hashable {
    /// The server's certificate first, behind it those that lead to its authority.
    package var certificate: String
    /// The certificate's private key, without a passphrase.
    package var key: String
    /// Authorities, one of which must have issued the client's certificate; nil: clients need no certificate.
    package var clientAuthority: String?

    package init(certificate: String, key: String, clientAuthority: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthority = clientAuthority
    }
}
