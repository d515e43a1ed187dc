import ArgumentParser
import DataTypes
import Iterators

/// Iterator parameters as they stand on a command line: `key=value`.
enum KeyValueParameters {
    /// - Parameter kind: whose parameters they are; a shape may then be written without brackets.
    static func parse(_ arguments: [String], for kind: IteratorKind) throws -> [String: ParameterValue] {
        var result: [String: ParameterValue] = [:]
        for (name, value) in try pairs(arguments) {
            let spec = kind.specs.first { $0.name == name }
            if case .shape? = spec?.kind, !value.hasPrefix("("), !value.hasPrefix("[") {
                result[name] = .string("(\(value))")
            } else {
                result[name] = .string(value)
            }
        }
        return result
    }

    /// The pairs in the order given.
    static func pairs(_ arguments: [String]) throws -> [(name: String, value: String)] {
        var seen: Set<String> = []
        return try arguments.map { argument in
            guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
                throw ValidationError("'\(argument)' is not of the form key=value")
            }
            let name = String(argument[..<equals])
            guard seen.insert(name).inserted else { throw ValidationError("'\(name)' is given twice") }
            return (name, String(argument[argument.index(after: equals)...]))
        }
    }
}
