internal import Admin
internal import DataTypes
internal import Foundation
internal import Glibc
internal import Iterators
internal import Logging
internal import Metrics
internal import NIOCore
internal import NIOPosix
internal import Pipeline
internal import Server
internal import ServiceLifecycle
internal import Transport
internal import UnixSignals

/// The daemon: made from a configuration, run once.
package struct Daemon {
    private let loaded: ConfigurationLoader.Loaded
    private let loader: ConfigurationLoader
    private let options: DaemonOptions
    private let manager = ServiceManager()
    private var configuration: DaemonConfiguration { loaded.configuration }

    package init(loaded: ConfigurationLoader.Loaded, loader: ConfigurationLoader, options: DaemonOptions) {
        self.loaded = loaded
        self.loader = loader
        self.options = options
    }

    /// Serves until it is told to stop and every client has gone or had its time.
    package func run() async throws(DaemonFailure) {
        // Files and sockets are made for this user alone; sockets get their configured bits when they are there.
        umask(0o077)
        // A peer that is gone is an error of the write, not the end of the process.
        _ = signal(SIGPIPE, SIG_IGN)
        let logSettings = LogSettings(
            level: Logger.Level(rawValue: configuration.logLevel) ?? .info, sink: logSink())
        let logger = logSettings.logger("daemon")
        for warning in loaded.warnings { logger.warning("\(warning)") }
        OpenFiles.allowAsManyAsPossible(connections: configuration.limits.connections, logger: logger)
        let network = try NetworkIdentity(configuration, handedOver: manager.sockets.map(\.descriptor))
        network.warnOfExpiry(logger)
        let cache = try prepareFolders(logger)

        let metrics = MetricStore()
        // For iterators and libraries; the daemon's own parts are given it.
        MetricsSystem.bootstrap(metrics)
        let pool = WorkerPool(
            threads: configuration.threadCount, limit: configuration.maxThreadCount, readers: configuration.readerCount,
            clientSharePercent: configuration.limits.decodeSharePerClient, metrics: metrics)
        // Event loops copy to sockets and do little else.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, min(4, configuration.threadCount / 2)))
        let failure: DaemonFailure?
        do throws(DaemonFailure) {
            try await serve(pool, group, cache, network, metrics, logSettings, logger)
            failure = nil
        } catch {
            failure = error
        }
        pool.shutDown()
        try? await group.shutdownGracefully()
        if let failure { throw failure }
        logger.notice("stopped")
    }

    private func serve(
        _ pool: WorkerPool, _ group: MultiThreadedEventLoopGroup, _ cache: String?, _ network: NetworkIdentity,
        _ metrics: MetricStore, _ logSettings: LogSettings, _ logger: Logger
    ) async throws(DaemonFailure) {
        let limits = configuration.limits
        let budget = MemoryBudget(
            limitBytes: limits.memoryBytes, limitBytesPerClient: limits.memoryBytesPerClient,
            limitArrayBytes: limits.maxArrayBytes)
        let decoded = DecodedCache(
            budget: CacheBudget(limitBytes: limits.cacheBytes, of: budget), store: decodedStore(budget, logger))
        let opener = DatasetOpener(
            rules: DatasetOpener.Rules(
                datasets: configuration.datasets, paths: configuration.paths, tokens: configuration.tokens,
                context: IteratorContext(
                    cacheDirectory: cache, maxPixels: limits.maxPixels, maxRecordBytes: limits.maxRecordBytes,
                    maxBatchBytes: limits.maxFrameBytes,
                    caches: CacheBudget(limitBytes: limits.memoryBytes / 4, of: budget), decoded: decoded)),
            pool: pool, budget: budget)
        let places = try SocketPlaces(configuration, handedOver: manager.sockets)
        let server = Server(
            configuration: serverConfiguration(places.data, network), opener: opener, group: group, metrics: metrics,
            logger: logSettings.logger("server"))
        let reloader = Reloader(
            loader: loader, settings: loaded.settings, opener: opener, network: network, logSettings: logSettings,
            logger: logger)
        let clock = ContinuousClock()
        let start = clock.now
        let statusLine = StatusLine(nowSeconds: 0)
        let health = HealthMonitor(
            group: group, pool: pool, patience: configuration.timeouts.decodeStall, manager: manager, logger: logger
        ) {
            let snapshot = server.snapshot()
            return statusLine.text(
                isDraining: snapshot.isDraining, clients: snapshot.clients.count, streams: snapshot.streams.count,
                counters: snapshot.counters, nowSeconds: (clock.now - start) / .seconds(1))
        }
        let shutdown = ShutdownTrigger()
        let control = DaemonControl(
            server: server, opener: opener, budget: budget, decoded: decoded, health: health, reloader: reloader,
            logSettings: logSettings, shutdown: shutdown, configFile: loader.file, pool: pool,
            metricStore: metrics)
        let admin = AdminServer(
            places: places.admin, control: control, group: group, logger: logSettings.logger("admin"))

        // From here on a SIGHUP does not end the process.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let addresses = try await bind(server, admin)
        if options.exitsWithStandardInput { StandardInputWatcher.start { shutdown.pull() } }
        let announcer = LifecycleAnnouncer(manager: manager, logger: logger, listeners: addresses) {
            control.state = .ready
            if options.isPrivate { announceReady() }
        } onStopping: {
            control.state = .draining
            opener.beginDrain()
        }
        // Stopped from the last to the first: clients are drained while the admin pages and the watchdog go on.
        let services: [any Service] =
            [ReloadService(hangups: hangups, reloader: reloader, manager: manager)]
            + (places.admin.isEmpty ? [] : [admin]) + [health, server, announcer]
        var serviceConfiguration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logSettings.logger("services"))
        // Whoever is left then is cut off; the server's own deadline comes before.
        serviceConfiguration.maximumGracefulShutdownDuration = configuration.timeouts.drain + .seconds(10)
        let serviceGroup = ServiceGroup(configuration: serviceConfiguration)
        shutdown.attach(serviceGroup)
        do {
            try await serviceGroup.run()
        } catch {
            throw DaemonFailure(.internalError, "\(error)")
        }
    }

    private func serverConfiguration(
        _ listeners: [ServerConfiguration.Source], _ network: NetworkIdentity
    ) -> ServerConfiguration {
        ServerConfiguration(
            listeners: listeners, software: "headraced/\(DaemonVersion.text)",
            unixSocketMode: configuration.unix.mode, handshakeTimeout: configuration.timeouts.handshake,
            idleTimeout: configuration.timeouts.idle, writeStallTimeout: configuration.timeouts.writeStall,
            maxConnections: configuration.limits.connections,
            maxConnectionsPerClient: configuration.limits.connectionsPerClient,
            maxConnectsPerSecond: configuration.limits.connectsPerSecond,
            maxConnectsPerSecondPerClient: configuration.limits.connectsPerSecondPerClient,
            maxStreams: configuration.limits.streams, maxStreamsPerClient: configuration.limits.streamsPerClient,
            maxFrameBytes: configuration.limits.maxFrameBytes,
            sharesMemory: configuration.sharesMemory, drainTimeout: configuration.timeouts.drain,
            tls: network.tls, tokens: network.tokens)
    }

    private func bind(_ server: Server, _ admin: AdminServer) async throws(DaemonFailure) -> [String] {
        do {
            let addresses = try await server.bind()
            try await admin.bind()
            if let group = configuration.unix.group, addresses.contains("unix:\(configuration.unix.path)") {
                try Folders.give(configuration.unix.path, toGroup: group)
            }
            return addresses
        } catch {
            // What is bound must not outlive the failure: its files would look like a running server's.
            server.beginDrain(deadline: .zero)
            try? await server.run()
            if let failure = error as? DaemonFailure { throw failure }
            if let error = error as? ListenError { throw DaemonFailure(error.exitStatus, error.description) }
            throw DaemonFailure(.system, "\(error)")
        }
    }

    /// - Returns: the folder for cached indexes, or nil when there is none and nobody asked for one.
    private func prepareFolders(_ logger: Logger) throws(DaemonFailure) -> String? {
        for path in [configuration.unix.path, configuration.admin?.path].compactMap({ $0 }) {
            try Folders.prepareSocketFolder(path)
        }
        do throws(DaemonFailure) {
            try Folders.prepareStateFolder(configuration.stateDirectory)
            return configuration.stateDirectory
        } catch {
            guard loaded.settings.origin("state_directory") == .builtIn else { throw error }
            logger.warning("indexes are not cached", metadata: ["reason": "\(error.message)"])
            return nil
        }
    }

    /// The file for decoded images; nil when there is no folder for it, or the folder cannot be used.
    private func decodedStore(_ budget: MemoryBudget, _ logger: Logger) -> DecodedStore? {
        guard let directory = configuration.cacheDirectory else { return nil }
        let limits = configuration.limits
        do throws(DecodedStoreError) {
            return try DecodedStore(
                directory: directory, budget: CacheBudget(limitBytes: limits.cacheDiskBytes),
                memory: CacheBudget(limitBytes: limits.memoryBytes / 8, of: budget))
        } catch {
            let reason = NSError(domain: NSPOSIXErrorDomain, code: Int(error.code)).localizedDescription
            logger.warning(
                "decoded images are not kept on disk",
                metadata: ["cache_directory": "\(directory)", "reason": "\(reason)"])
            return nil
        }
    }

    private func logSink() -> any LogSink {
        switch configuration.logFormat {
        case .text: StreamLogSink(isJSON: false)
        case .json: StreamLogSink(isJSON: true)
        case .auto: manager.logsToJournal ? JournalLogSink() : StreamLogSink(isJSON: false)
        }
    }

    /// The line that the parent waits for.
    private func announceReady() {
        try? FileHandle.standardOutput.write(contentsOf: Data("ready \(configuration.unix.path)\n".utf8))
    }
}
