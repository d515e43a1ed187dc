/// One parameter as it came from a client, a config file or a command line, before its type is known.
package enum ParameterValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([ParameterValue])
}

extension ParameterValue: CustomStringConvertible {
    /// The value as MXNet would print it, for error messages.
    package var description: String {
        switch self {
        case .null: "None"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): String(value)
        case .string(let value): "'\(value)'"
        case .list(let values): "(" + values.map(\.description).joined(separator: ", ") + ")"
        }
    }
}
