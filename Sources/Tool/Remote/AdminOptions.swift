import ArgumentParser

/// What every command has that asks the running daemon.
struct AdminOptions: ParsableArguments {
    @Option(help: "The daemon's admin socket; by default $HEADRACE_ADMIN or /run/headrace/admin.sock.")
    var socket: String?

    /// Asks the daemon, and ends with the failure's status when that does not work.
    func ask(_ body: (AdminClient) throws -> Void) throws {
        do {
            try body(AdminClient(socketPath: socket ?? AdminClient.defaultSocketPath))
        } catch let failure as AdminFailure {
            for line in failure.description.split(separator: "\n") { report("Error: \(line)") }
            throw ExitCode(failure.status.rawValue)
        }
    }
}

/// The same, for commands that print a page.
struct AdminListOptions: ParsableArguments {
    @OptionGroup var admin: AdminOptions
    @Flag(help: "Print the daemon's own JSON.") var json = false

    /// Prints `GET path` as it came, or what `table` makes of it.
    func show(_ path: String, _ table: (AdminClient) throws -> String) throws {
        try admin.ask { client in
            if json {
                print(String(decoding: try client.body(path), as: UTF8.self), terminator: "")
            } else {
                print(try table(client))
            }
        }
    }
}
