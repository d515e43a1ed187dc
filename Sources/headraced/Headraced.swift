import ArgumentParser
import Daemon
import Foundation

@main
struct Headraced: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "headraced",
        abstract: "Serves batches of training data to the trainers of this machine.",
        discussion: """
            Without --config it serves a Unix socket for its own user, with defaults for everything. \
            HEADRACE_… variables of the environment win over the file; options win over both.
            """,
        version: "headraced \(DaemonVersion.text)")

    @Option(help: ArgumentHelp("Configuration file; files of conf.d beside it are read too.", valueName: "file"))
    var config: String?
    @Flag(help: "Print every problem of the configuration and exit; the status is 78 when there is one.")
    var checkConfig = false
    @Flag(help: "Print the configuration in force, with the origin of each value, and exit.")
    var printConfig = false
    @Flag(help: "Serve only the process that started the daemon: one socket, no admin pages. Needs --socket.")
    var `private` = false
    @Option(help: ArgumentHelp("Path of the data socket.", valueName: "path"))
    var socket: String?
    @Flag(help: "Stop when standard input ends.")
    var exitWithStdin = false

    func run() async throws {
        var options = DaemonOptions()
        options.configFile = config
        options.checksConfig = checkConfig
        options.printsConfig = printConfig
        options.isPrivate = `private`
        options.socket = socket
        options.exitsWithStandardInput = exitWithStdin
        let status = await DaemonCommand.run(options)
        if status != 0 { throw ExitCode(status) }
    }
}
