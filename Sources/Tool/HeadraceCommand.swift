package import ArgumentParser

/// The `headrace` command.
package struct HeadraceCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "headrace",
        abstract: "Looks after training data and the daemon that serves it.",
        subcommands: [
            RecCommand.self, BenchCommand.self, PreviewCommand.self, IteratorsCommand.self, StreamCommand.self,
            StatusCommand.self, StreamsCommand.self, ClientsCommand.self, DatasetsCommand.self, ConfigCommand.self,
            TopCommand.self, DoctorCommand.self, StopCommand.self, PauseCommand.self, ResumeCommand.self,
            DisconnectCommand.self, DrainCommand.self, ReloadCommand.self, LogLevelCommand.self, TokenCommand.self,
        ])

    package init() {}
}
