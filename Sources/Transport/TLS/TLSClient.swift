internal import Glibc
internal import NIOCore
internal import NIOSSL

/// The client's end of TLS.
struct TLSClient: Sendable {
    private let context: NIOSSLContext
    /// nil for an address: names alone go into a greeting, and the certificate must then be for the address.
    private let hostName: String?

    /// Reads the files; blocks for a moment.
    init(_ files: TLSClientFiles, host: String) throws(TLSFileError) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        if let authority = files.authority {
            configuration.trustRoots = .certificates(try PEMFile.certificates(authority))
        }
        let certificate = files.certificate ?? ""
        let key = files.key ?? certificate
        if files.certificate != nil {
            configuration.certificateChain = try PEMFile.certificates(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try PEMFile.key(key))
        }
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw .mismatch(certificate: certificate, key: key)
        }
        self.context = context
        hostName = Self.isAddress(host) ? nil : host
    }

    /// Puts TLS in front of a connection that is about to be made, on its event loop.
    func secure(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: hostName))
    }

    private static func isAddress(_ host: String) -> Bool {
        var v4 = in_addr()
        var v6 = in6_addr()
        // The variables are what each family's address fills.
        return unsafe (inet_pton(AF_INET, host, &v4) == 1 || inet_pton(AF_INET6, host, &v6) == 1)
    }
}
