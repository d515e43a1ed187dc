import Admin
import ArgumentParser
import Daemon

/// `headrace config`: looks at configuration files.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks and prints configurations; alone, the running daemon's.",
        subcommands: [ConfigRunningCommand.self, ConfigCheckCommand.self, ConfigShowCommand.self],
        defaultSubcommand: ConfigRunningCommand.self)
}

struct ConfigRunningCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "running", abstract: "Prints what is in force in the running daemon, and where each value is from."
    )

    @OptionGroup var options: AdminListOptions

    func run() async throws {
        try options.show("/v1/config") { client in
            var table = TextTable(["KEY", "VALUE", "FROM"])
            for setting in try client.get("/v1/config", as: ConfigurationReport.self).settings {
                table.add([setting.key, setting.value ?? "-", setting.origin])
            }
            return table.text
        }
    }
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
