/// Where a setting came from: what `--print-config` shows beside it and what an error message starts with.
package enum ConfigurationOrigin: Sendable, Hashable, CustomStringConvertible {
    case builtIn
    /// Lines count from 1; 0 is the file as a whole.
    case file(path: String, line: Int)
    case environment(variable: String)
    case option(name: String)

    package var description: String {
        switch self {
        case .builtIn: "default"
        case .file(let path, 0): path
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let variable): variable
        case .option(let name): name
        }
    }
}
