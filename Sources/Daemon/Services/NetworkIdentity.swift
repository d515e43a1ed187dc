internal import Foundation
internal import Logging
internal import Server
internal import Transport

/// Who the daemon is on the network, and whom it lets in: its certificate and its tokens.
struct NetworkIdentity: Sendable {
    /// nil: TCP is without TLS, or off.
    let tls: TLSServerIdentity?
    let tokens: AccessTokens
    /// A socket was handed over that others than this machine's users reach, and nobody is let in of whom nothing is known.
    private let mustAsk: Bool

    private static let warningDays = 14

    init() {
        tls = nil
        tokens = AccessTokens()
        mustAsk = false
    }

    /// Reads the certificate and its key; blocks for a moment.
    ///
    /// - Parameter handedOver: sockets of the service manager.
    init(_ configuration: DaemonConfiguration, handedOver: [CInt] = []) throws(DaemonFailure) {
        tokens = AccessTokens(configuration.tokens.mapValues(\.digest), letsStrangersIn: configuration.isInsecure)
        mustAsk = !configuration.isInsecure && handedOver.contains { Listener.isNetwork(descriptor: $0) }
        guard let files = configuration.tls else {
            tls = nil
            return
        }
        do throws(TLSFileError) {
            tls = try TLSServerIdentity(files)
        } catch {
            throw DaemonFailure(.configuration, "listen.tcp.tls: \(error)")
        }
    }

    /// The certificate as the files have it now; nil without TLS, and when it is to be switched on or off, which needs a
    /// restart. Blocks for a moment.
    ///
    /// - Throws: a file cannot be used, or nobody would be asked any more at a socket where that is needed.
    func renewed(by loaded: ConfigurationLoader.Loaded) throws(ConfigurationProblems) -> TLSServerIdentity? {
        if mustAsk, !loaded.configuration.asksNetwork, !loaded.configuration.isInsecure {
            throw ConfigurationProblems([
                ConfigurationProblem(
                    loaded.settings.origin("listen.tcp.insecure"),
                    "the service manager has handed over a socket of the network: \(SocketPlaces.networkRule)")
            ])
        }
        guard tls != nil, let files = loaded.configuration.tls else { return nil }
        do throws(TLSFileError) {
            return try TLSServerIdentity(files)
        } catch {
            let origin = loaded.settings.origin("listen.tcp.tls.certificate")
            throw ConfigurationProblems([ConfigurationProblem(origin, "listen.tcp.tls: \(error)")])
        }
    }

    /// Whether a reload puts `key` into force: TLS cannot be switched on or off under a socket that listens.
    func canReload(_ key: String, _ configuration: DaemonConfiguration) -> Bool {
        !key.hasPrefix("listen.tcp.tls.") || (tls != nil) == (configuration.tls != nil)
    }

    /// For connections from now on; those that are there stay.
    func change(to renewed: TLSServerIdentity?, tokens: [String: TokenConfiguration]) {
        if let renewed { tls?.become(renewed) }
        self.tokens.replace(with: tokens.mapValues(\.digest))
    }

    /// Says so when clients will soon refuse the certificate, or do already.
    func warnOfExpiry(_ logger: Logger) {
        guard let tls else { return }
        let end = Date(timeIntervalSince1970: Double(tls.notAfterSeconds))
        guard end.timeIntervalSinceNow < Double(Self.warningDays) * 86_400 else { return }
        logger.warning(
            end < Date() ? "the TLS certificate has expired; clients refuse it" : "the TLS certificate expires soon",
            metadata: ["expires": "\(end.ISO8601Format())"])
    }
}
