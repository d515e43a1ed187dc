/// Parameters checked against their specs: every one present, typed, in range and in one normal form.
///
/// The accessors trap on a name or type that the specs do not have: asking for one is our bug, never the user's.
package struct ParameterValues: Sendable, Hashable {
    /// Normal forms, by name. Defaults are filled in.
    package private(set) var values: [String: ParameterValue]
    /// The names that the user gave (not defaulted), for rules such as "only when given".
    package private(set) var given: Set<String>

    /// Checks `raw` against `specs`.
    ///
    /// - Parameters:
    ///   - raw: what the user gave. `null` counts as not given.
    ///   - iterator: the iterator's name, for messages.
    /// - Throws: the first `ParameterError` in the order of `specs`; unknown names first.
    package init(
        _ raw: [String: ParameterValue], specs: [ParameterSpec], iterator: String
    ) throws(ParameterError) {
        let names = Set(specs.map(\.name))
        for name in raw.keys.sorted() where !names.contains(name) {
            throw .unknown(name: name, iterator: iterator, suggestion: nearestName(to: name, among: names.sorted()))
        }
        values = [:]
        given = []
        for spec in specs {
            if let value = raw[spec.name], value != .null, value != .string("None") {
                values[spec.name] = try spec.normalise(value)
                given.insert(spec.name)
            } else if let value = spec.defaultValue {
                values[spec.name] = value
            } else {
                throw .missing(name: spec.name, iterator: iterator)
            }
        }
    }

    package func isGiven(_ name: String) -> Bool { given.contains(name) }

    package func bool(_ name: String) -> Bool {
        guard case .bool(let value)? = values[name] else { preconditionFailure("\(name) is not a bool") }
        return value
    }

    package func integer(_ name: String) -> Int {
        guard case .integer(let value)? = values[name] else { preconditionFailure("\(name) is not an integer") }
        return value
    }

    package func optionalInteger(_ name: String) -> Int? {
        if values[name] == .null { return nil }
        return integer(name)
    }

    package func number(_ name: String) -> Double {
        guard case .number(let value)? = values[name] else { preconditionFailure("\(name) is not a number") }
        return value
    }

    package func optionalNumber(_ name: String) -> Double? {
        if values[name] == .null { return nil }
        return number(name)
    }

    package func string(_ name: String) -> String {
        guard case .string(let value)? = values[name] else { preconditionFailure("\(name) is not a string") }
        return value
    }

    package func numbers(_ name: String) -> [Double] {
        guard case .list(let list)? = values[name] else { preconditionFailure("\(name) is not a list") }
        return list.map {
            guard case .number(let value) = $0 else { preconditionFailure("\(name) is not a list of numbers") }
            return value
        }
    }

    package func integers(_ name: String) -> [Int] {
        guard case .list(let list)? = values[name] else { preconditionFailure("\(name) is not a list") }
        return list.map {
            guard case .integer(let value) = $0 else { preconditionFailure("\(name) is not a list of integers") }
            return value
        }
    }
}
