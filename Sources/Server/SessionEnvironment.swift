import DataTypes
import Logging
import Metrics
import NIOPosix
import Synchronization
import Transport

/// What all sessions of a server share.
final class SessionEnvironment: Sendable {
    let configuration: ServerConfiguration
    let registry: SessionRegistry
    let opener: any StreamOpener
    let allocator = ByteBufferSlabAllocator()
    /// Opening a stream reads indexes and may take long on a slow disk; so many can at the same time.
    let openPool = NIOThreadPool(numberOfThreads: 4)
    /// Checksums of batches, and large memory that is given back: hundreds of megabytes are no work for an event loop that
    /// others wait for.
    let checksumPool = NIOThreadPool(numberOfThreads: 2)
    /// Descriptors of clients are taken over and closed: for one that is not what it should be, that may last.
    let arrayPool = NIOThreadPool(numberOfThreads: 2)
    /// From the moment that a batch is handed to the socket until its last byte is taken; of one that the client maps,
    /// until its number is under way.
    let sendTimes: Metrics.Timer
    let logger: Logger
    private let refusals = Mutex(LogLimiter())

    init(
        configuration: ServerConfiguration, opener: any StreamOpener, metrics: any MetricsFactory, logger: Logger
    ) {
        sendTimes = Metrics.Timer(
            label: "headrace_stage_seconds", dimensions: [("stage", "send")], factory: metrics)
        self.configuration = configuration
        self.opener = opener
        self.logger = logger
        registry = SessionRegistry(SessionLimits(configuration))
    }

    /// Logs a connection that did not get as far as HELLO. Anybody can make as many of them as they like, so they share
    /// one limit.
    func logRefusal(_ error: StreamError, peer: String) {
        guard let suppressed = refusals.withLock({ $0.admit(now: .now) }) else { return }
        var metadata: Logger.Metadata = ["peer": "\(peer)", "code": "\(error.code.rawValue)"]
        if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
        logger.notice("connection refused: \(error)", metadata: metadata)
    }
}
