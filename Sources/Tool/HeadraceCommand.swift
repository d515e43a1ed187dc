package import ArgumentParser

/// The `headrace` command.
package struct HeadraceCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "headrace",
        abstract: "Looks after training data and the daemon that serves it.",
        subcommands: [
            RecCommand.self, BenchCommand.self, PreviewCommand.self, IteratorsCommand.self, StreamCommand.self,
            StatusCommand.self, ConfigCommand.self,
        ])

    package init() {}
}
