internal import Admin
internal import Iterators
internal import Logging
internal import NIOPosix
internal import Synchronization
internal import Transport

/// Puts into force what can be changed while the daemon runs, and says what cannot.
final class Reloader: Sendable {
    private let loader: ConfigurationLoader
    private let opener: DatasetOpener
    private let network: NetworkIdentity
    private let logSettings: LogSettings
    private let logger: Logger
    /// What is in force: the keys that need a restart as they were at the start.
    private let current: Mutex<ConfigurationSettings>
    /// A signal and an administrator may ask at the same time: what was read first must not be put into force last.
    private let oneAtATime = Mutex(())

    init(
        loader: ConfigurationLoader, settings: ConfigurationSettings, opener: DatasetOpener,
        network: NetworkIdentity = NetworkIdentity(), logSettings: LogSettings, logger: Logger
    ) {
        self.loader = loader
        self.opener = opener
        self.network = network
        self.logSettings = logSettings
        self.logger = logger
        current = Mutex(settings)
    }

    /// What is in force, for the admin pages.
    var report: ConfigurationReport {
        let settings = current.withLock { $0 }
        return ConfigurationReport(
            file: loader.file,
            settings: ConfigurationCatalog.keys.map { key in
                ConfigurationReport.Setting(
                    key: key.path, value: settings.value(key.path).text,
                    origin: "\(settings.origin(key.path))", isReloadable: key.isReloadable)
            })
    }

    func reload() async throws(ReloadRefusal) -> ReloadReport {
        let result: Result<ReloadReport, ConfigurationProblems>
        do {
            // Files are read on a thread that may block.
            result = try await NIOThreadPool.singleton.runIfActive {
                self.oneAtATime.withLock { _ in self.reloadNow() }
            }
        } catch {
            throw ReloadRefusal(problems: ["the daemon is going down"])
        }
        switch result {
        case .success(let report):
            logger.notice(
                "configuration read again",
                metadata: [
                    "changed": "\(report.changed.joined(separator: ", "))",
                    "needs-restart": "\(report.needsRestart.joined(separator: ", "))",
                ])
            return report
        case .failure(let refusal):
            for problem in refusal.problems {
                logger.error(
                    "the new configuration is not usable; the old one stays in force",
                    metadata: ["problem": "\(problem)"])
            }
            throw ReloadRefusal(problems: refusal.problems.map(\.description))
        }
    }

    /// Blocks.
    private func reloadNow() -> Result<ReloadReport, ConfigurationProblems> {
        Result { () throws(ConfigurationProblems) -> ReloadReport in
            let loaded = try loader.load { DatasetCheck.problems($0, kinds: IteratorCatalog.all) }
            let renewed = try network.renewed(by: loaded)
            let report = apply(loaded)
            network.change(to: renewed, tokens: loaded.configuration.tokens)
            network.warnOfExpiry(logger)
            return report
        }
    }

    private func apply(_ loaded: ConfigurationLoader.Loaded) -> ReloadReport {
        let report = current.withLock { settings in
            var report = ReloadReport(changed: [], needsRestart: [])
            for key in ConfigurationCatalog.keys where settings.value(key.path) != loaded.settings.value(key.path) {
                if key.isReloadable, network.canReload(key.path, loaded.configuration) {
                    report.changed.append(key.path)
                    settings.set(key.path, loaded.settings.value(key.path), loaded.settings.origin(key.path))
                } else {
                    report.needsRestart.append(key.path)
                }
            }
            if !Self.areSame(settings.datasets, loaded.settings.datasets) { report.changed.append("datasets") }
            settings.datasets = loaded.settings.datasets
            if !Self.areSame(settings.tokens, loaded.settings.tokens) { report.changed.append("tokens") }
            settings.tokens = loaded.settings.tokens
            return report
        }
        let configuration = loaded.configuration
        opener.change { rules in
            rules.datasets = configuration.datasets
            rules.paths = configuration.paths
            rules.tokens = configuration.tokens
            rules.context.maxPixels = configuration.limits.maxPixels
            rules.context.maxRecordBytes = configuration.limits.maxRecordBytes
        }
        logSettings.level = Logger.Level(rawValue: configuration.logLevel) ?? .info
        return report
    }

    /// The same but for the lines they stand on.
    private static func areSame(_ old: [String: TokenConfiguration], _ new: [String: TokenConfiguration]) -> Bool {
        func bare(_ tokens: [String: TokenConfiguration]) -> [String: TokenConfiguration] {
            tokens.mapValues { token in
                var token = token
                token.origin = .builtIn
                return token
            }
        }
        return bare(old) == bare(new)
    }

    /// The same but for the lines they stand on.
    private static func areSame(_ old: [String: DatasetConfiguration], _ new: [String: DatasetConfiguration]) -> Bool {
        func bare(_ datasets: [String: DatasetConfiguration]) -> [String: DatasetConfiguration] {
            datasets.mapValues {
                DatasetConfiguration(name: $0.name, iterator: $0.iterator, parameters: $0.parameters, locked: $0.locked)
            }
        }
        return bare(old) == bare(new)
    }
}
