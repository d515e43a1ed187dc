internal import Foundation
internal import Glibc
internal import Iterators

/// The whole of `headraced` behind its command line.
package enum DaemonCommand {
    /// Does what `options` say, to the end.
    ///
    /// - Returns: the exit status.
    package static func run(_ options: DaemonOptions) async -> Int32 {
        do throws(DaemonFailure) {
            let surroundings = Surroundings.current()
            let loader = try options.loader(surroundings: surroundings)
            let loaded = try load(loader)
            if options.checksConfig {
                _ = try NetworkIdentity(loaded.configuration)
                for warning in loaded.warnings { printError("warning: \(warning)") }
                print("\(options.configFile ?? "the default configuration"): ok")
            } else if options.printsConfig {
                print(ConfigurationPrinter.text(loaded.settings), terminator: "")
            } else {
                try await Daemon(loaded: loaded, loader: loader, options: options).run()
            }
            return 0
        } catch {
            printError(error.message)
            return error.status.rawValue
        }
    }

    private static func load(_ loader: ConfigurationLoader) throws(DaemonFailure) -> ConfigurationLoader.Loaded {
        do throws(ConfigurationProblems) {
            return try loader.load { DatasetCheck.problems($0, kinds: IteratorCatalog.all) }
        } catch {
            throw DaemonFailure(.configuration, error.description)
        }
    }

    /// A line each, under the program's name.
    private static func printError(_ text: String) {
        let lines = text.split(separator: "\n").map { "headraced: \($0)\n" }.joined()
        try? FileHandle.standardError.write(contentsOf: Data(lines.utf8))
    }
}
