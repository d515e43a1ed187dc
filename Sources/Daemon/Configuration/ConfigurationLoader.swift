internal import DataTypes
internal import Foundation

/// Puts the configuration together: defaults, the file, the files of `conf.d` beside it in the order of their names,
/// `HEADRACE_…` variables, and options of the command line. The later wins.
package struct ConfigurationLoader: Sendable {
    /// nil: defaults only, for the daemon's own user.
    package var file: String?
    /// Started by a client for itself: one socket for the same user, no admin socket.
    package var isPrivate: Bool
    /// Settings from the command line: key path, text, the option's name.
    package var overrides: [(path: String, text: String, option: String)]
    package var surroundings: Surroundings

    package init(
        file: String? = nil, isPrivate: Bool = false,
        overrides: [(path: String, text: String, option: String)] = [], surroundings: Surroundings
    ) {
        self.file = file
        self.isPrivate = isPrivate
        self.overrides = overrides
        self.surroundings = surroundings
    }

    /// What `load` found.
    package struct Loaded: Sendable {
        package var configuration: DaemonConfiguration
        /// The same as settings, with origins.
        package var settings: ConfigurationSettings
        /// Not wrong enough to refuse: likely slips in the environment.
        package var warnings: [ConfigurationProblem]
    }

    /// - Parameter datasetCheck: what is wrong with a data set, beyond its form: the catalog of iterators knows.
    /// - Throws: every problem of every source.
    package func load(
        datasetCheck: (DatasetConfiguration) -> [ConfigurationProblem] = { _ in [] }
    ) throws(ConfigurationProblems) -> Loaded {
        var settings = ConfigurationSettings()
        var problems: [ConfigurationProblem] = []
        for file in files(&problems) {
            var reader = ConfigurationFileReader(file: file, settings: settings)
            reader.read()
            settings = reader.settings
            problems += reader.problems
        }
        for key in ConfigurationCatalog.keys {
            guard let text = surroundings.environment[key.environmentVariable] else { continue }
            set(key, text, .environment(variable: key.environmentVariable), &settings, &problems)
        }
        for override in overrides {
            guard let key = ConfigurationCatalog.byPath[override.path] else {
                preconditionFailure("no key \(override.path)")
            }
            set(key, override.text, .option(name: override.option), &settings, &problems)
        }
        settings.resolve(surroundings)
        problems += conflicts(settings)
        for dataset in settings.datasets.values.sorted(by: { $0.name < $1.name }) { problems += datasetCheck(dataset) }
        problems += TokenCheck.problems(settings)
        if !problems.isEmpty { throw ConfigurationProblems(problems) }
        // Without a file nobody has said who may connect, so the defaults hold: the same user, over a Unix socket.
        let isClosed =
            (isPrivate || file == nil) && settings.mode("listen.unix.mode") & 0o077 == 0
            && settings.optionalText("listen.tcp.host") == nil
        let configuration = DaemonConfiguration(settings, isPrivate: isClosed, hasAdmin: !isPrivate)
        return Loaded(configuration: configuration, settings: settings, warnings: environmentWarnings())
    }

    /// The file and those of `conf.d` beside it.
    private func files(_ problems: inout [ConfigurationProblem]) -> [String] {
        guard let file else { return [] }
        let directory = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("conf.d").path
        guard FileManager.default.fileExists(atPath: directory) else { return [file] }
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            // Byte order: the same on every machine and in every locale.
            let parts = names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return [file] + parts.map { directory + "/" + $0 }
        } catch {
            problems.append(ConfigurationProblem(.file(path: directory, line: 0), "cannot be listed: \(error)"))
            return [file]
        }
    }

    private func set(
        _ key: ConfigurationKey, _ text: String, _ origin: ConfigurationOrigin,
        _ settings: inout ConfigurationSettings, _ problems: inout [ConfigurationProblem]
    ) {
        switch key.kind.parse(text) {
        case .success(let value):
            settings.set(key.path, value, origin)
        case .failure(let expected):
            problems.append(
                ConfigurationProblem(origin, "'\(key.path)' is '\(text)'; it must be \(expected.text)"))
        }
    }

    /// Values that are each legal and do not go together.
    private func conflicts(_ settings: ConfigurationSettings) -> [ConfigurationProblem] {
        var problems = NetworkRules.problems(settings)
        for key in ["limits.memory_per_client", "limits.cache"]
        where settings.integer(key) > settings.integer("limits.memory") {
            problems.append(
                ConfigurationProblem(
                    settings.origin(key),
                    "'\(key)' is more than 'limits.memory'; lower the one or raise the other"))
        }
        if !isPrivate, settings.text("admin.path") == settings.text("listen.unix.path") {
            problems.append(
                ConfigurationProblem(
                    settings.origin("admin.path"), "'admin.path' and 'listen.unix.path' are the same file"))
        }
        // The limit of `sockaddr_un` on Linux, less the zero at its end.
        for path in ["listen.unix.path", "admin.path"] where settings.text(path).utf8.count > 107 {
            problems.append(
                ConfigurationProblem(
                    settings.origin(path),
                    "'\(path)' is \(settings.text(path).utf8.count) bytes long; a socket's path has at most 107"))
        }
        return problems
    }

    private static let clientVariables = [
        "HEADRACE_URL", "HEADRACE_TOKEN", "HEADRACE_CA", "HEADRACE_CERTIFICATE", "HEADRACE_KEY",
    ]

    /// A near miss such as `HEADRACE_LIMIT_MEMORY`. Others are let pass: Kubernetes sets `HEADRACE_PORT` and its like
    /// for a service of that name, and clients have variables of their own.
    private func environmentWarnings() -> [ConfigurationProblem] {
        let known = ConfigurationCatalog.keys.map(\.environmentVariable)
        return surroundings.environment.keys.sorted().compactMap { name in
            guard name.hasPrefix("HEADRACE_"), !Self.clientVariables.contains(name), !known.contains(name),
                !name.hasPrefix("HEADRACE_PORT"), !name.hasPrefix("HEADRACE_SERVICE_"),
                let near = nearestName(to: name, among: known)
            else { return nil }
            return ConfigurationProblem(
                .environment(variable: name), "is not a setting and has no effect; did you mean '\(near)'?")
        }
    }
}
