/// What the command line says.
package struct DaemonOptions: Sendable {
    package var configFile: String?
    /// Only find what is wrong with the configuration.
    package var checksConfig = false
    /// Only print the configuration in force.
    package var printsConfig = false
    /// One socket for the process that started the daemon, and no admin socket.
    package var isPrivate = false
    /// The data socket's path.
    package var socket: String?
    /// Stop when standard input ends, which it does when the process at the other end of the pipe is gone, however it
    /// went.
    package var exitsWithStandardInput = false

    package init() {}

    /// - Throws: `.usage` for options that do not go together.
    package func loader(surroundings: Surroundings) throws(DaemonFailure) -> ConfigurationLoader {
        if isPrivate, configFile != nil {
            throw DaemonFailure(.usage, "--private takes no --config: a private daemon serves its own user alone")
        }
        if isPrivate, socket == nil { throw DaemonFailure(.usage, "--private needs --socket PATH") }
        var overrides: [(path: String, text: String, option: String)] = []
        if let socket { overrides.append(("listen.unix.path", socket, "--socket")) }
        if isPrivate {
            overrides.append(("listen.unix.mode", "0600", "--private"))
            if surroundings.environment["HEADRACE_LOG_LEVEL"] == nil {
                overrides.append(("log.level", "warning", "--private"))
            }
        }
        return ConfigurationLoader(
            file: configFile, isPrivate: isPrivate, overrides: overrides, surroundings: surroundings)
    }
}
