/// A parameter that cannot be used. The description names the parameter, the value and what to do.
package enum ParameterError: Error, Equatable, CustomStringConvertible {
    case unknown(name: String, iterator: String, suggestion: String?)
    case missing(name: String, iterator: String)
    case illTyped(name: String, value: String, expected: String)
    case outOfRange(name: String, value: String, allowed: String)
    /// Values that are each legal and do not go together.
    case conflict(names: [String], reason: String)

    package var description: String {
        switch self {
        case .unknown(let name, let iterator, let suggestion):
            if let suggestion {
                "\(iterator) has no parameter '\(name)'; did you mean '\(suggestion)'?"
            } else {
                "\(iterator) has no parameter '\(name)'"
            }
        case .missing(let name, let iterator):
            "\(iterator) needs the parameter '\(name)'"
        case .illTyped(let name, let value, let expected):
            "parameter '\(name)' is \(value); expected \(expected)"
        case .outOfRange(let name, let value, let allowed):
            "parameter '\(name)' is \(value); allowed: \(allowed)"
        case .conflict(let names, let reason):
            "parameters \(names.map { "'\($0)'" }.joined(separator: ", ")): \(reason)"
        }
    }
}
