import ArgumentParser
import Daemon

/// `headrace config`: looks at configuration files.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks and prints configurations.",
        subcommands: [ConfigCheckCommand.self, ConfigShowCommand.self])
}

struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reports everything that is wrong with a configuration file.")

    @Argument(help: "The file.") var file: String

    func run() async throws {
        var options = DaemonOptions()
        options.configFile = file
        options.checksConfig = true
        let status = await DaemonCommand.run(options)
        if status != 0 { throw ExitCode(status) }
    }
}

struct ConfigShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Prints the configuration in force with a file, and where each value is from.")

    @Argument(help: "The file; without it, the defaults.") var file: String?

    func run() async throws {
        var options = DaemonOptions()
        options.configFile = file
        options.printsConfig = true
        let status = await DaemonCommand.run(options)
        if status != 0 { throw ExitCode(status) }
    }
}
