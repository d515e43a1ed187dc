package import NIOCore
internal import NIOSSL
internal import Synchronization

/// A server's certificate and key, and what it asks of clients. Connections that are being made take what is in force
/// at that moment; a renewed certificate does not touch those that are there.
package final class TLSServerIdentity: Sendable {
    private struct State {
        var context: NIOSSLContext
        var notAfterSeconds: Int
    }
    private let state: Mutex<State>

    /// Reads the files; blocks for a moment.
    package init(_ files: TLSFiles) throws(TLSFileError) {
        let chain = try PEMFile.certificates(files.certificate)
        let key = try PEMFile.key(files.key)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv13
        // For the peer's farewell, while the connection still counts against the limits. The default is 5 s.
        configuration.shutdownTimeout = .seconds(1)
        if let authority = files.clientAuthority {
            configuration.trustRoots = .certificates(try PEMFile.certificates(authority))
            // Without the host's name: a client has none that counts. It must have a certificate, though.
            configuration.certificateVerification = .noHostnameVerification
        }
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw .mismatch(certificate: files.certificate, key: files.key)
        }
        // A chain is not empty.
        state = Mutex(State(context: context, notAfterSeconds: Int(chain[0].notValidAfter)))
    }

    /// When the certificate expires, in seconds since 1970.
    package var notAfterSeconds: Int { state.withLock { $0.notAfterSeconds } }

    /// From now on this is what `other` is.
    package func become(_ other: TLSServerIdentity) {
        let new = other.state.withLock { $0 }
        state.withLock { $0 = new }
    }

    /// Whether the client of a connection has shown a certificate, which the handshake has then found good.
    package static func hasCertificate(of context: ChannelHandlerContext) -> Bool {
        // Without TLS there is no such handler.
        (try? context.pipeline.syncOperations.nioSSL_peerCertificate()) != nil
    }

    /// Puts TLS in front of a connection that has just been accepted, on its event loop.
    func secure(_ channel: any Channel) throws {
        let context = state.withLock { $0.context }
        try channel.pipeline.syncOperations.addHandlers([NIOSSLServerHandler(context: context), WritePacer()])
    }
}
