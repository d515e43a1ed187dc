internal import DataTypes

/// The arguments of one augmenter in a list, by name. What is not given has MXNet's default; errors name the place.
struct AugmenterArguments {
    /// Where in the parameters it stands, such as `aug_list[3]`.
    let place: String
    /// MXNet's class.
    let name: String
    private let values: [String: ParameterValue]

    /// - Parameters:
    ///   - value: a list of pairs of name and value.
    ///   - allowed: the names that the class has.
    init(
        _ value: ParameterValue?, of name: String, at place: String, allowed: [String]
    ) throws(ParameterError) {
        self.place = place
        self.name = name
        var values: [String: ParameterValue] = [:]
        guard let value else {
            self.values = values
            return
        }
        guard case .list(let pairs) = value else {
            throw .illTyped(name: place, value: Self.shortened(value), expected: "arguments as [[name, value], …]")
        }
        for pair in pairs {
            guard case .list(let parts) = pair, parts.count == 2, case .string(let key) = parts[0] else {
                throw .illTyped(name: place, value: Self.shortened(pair), expected: "an argument as [name, value]")
            }
            guard allowed.contains(key) else {
                throw .unknown(
                    name: "\(place).\(key.prefix(100))", iterator: name,
                    suggestion: nearestName(to: key, among: allowed))
            }
            guard values.updateValue(parts[1], forKey: key) == nil else {
                throw .conflict(names: ["\(place).\(key)"], reason: "it is given twice")
            }
        }
        self.values = values
    }

    /// nil when the argument is not given, or null.
    subscript(key: String) -> ParameterValue? { values[key].flatMap { $0 == .null ? nil : $0 } }

    static func shortened(_ value: ParameterValue) -> String { String(value.description.prefix(200)) }

    func required(_ key: String) throws(ParameterError) -> ParameterValue {
        guard let value = self[key] else { throw .missing(name: "\(place).\(key)", iterator: name) }
        return value
    }

    private func value(_ key: String, default standard: ParameterValue?) throws(ParameterError) -> ParameterValue {
        if let value = self[key] ?? standard { return value }
        return try required(key)
    }

    func integer(_ key: String, _ bounds: ClosedRange<Int>, default standard: Int? = nil) throws(ParameterError) -> Int
    {
        let value = try value(key, default: standard.map { .integer($0) })
        let spec = ParameterSpec("\(place).\(key)", .integer(bounds), default: nil, "")
        guard case .integer(let result) = try spec.normalise(value) else { preconditionFailure("not an integer") }
        return result
    }

    func number(
        _ key: String, _ bounds: ClosedRange<Double>, default standard: Double? = nil
    ) throws(ParameterError) -> Double {
        let value = try value(key, default: standard.map { .number($0) })
        return try AugmenterValues.number(value, at: "\(place).\(key)", bounds)
    }

    func kernel() throws(ParameterError) -> InterpolationChoice {
        try AugmenterValues.kernel(integer("interp", .all, default: 2), at: "\(place).interp")
    }

    /// A size, width first.
    func size() throws(ParameterError) -> Augmenter.Size {
        let value = try required("size")
        let spec = ParameterSpec("\(place).size", .shape(rank: 2), default: nil, "")
        guard case .list(let sides) = try spec.normalise(value), case .integer(let width) = sides[0],
            case .integer(let height) = sides[1]
        else { preconditionFailure("not a shape") }
        guard width <= SamplePlanner.maxSide, height <= SamplePlanner.maxSide else {
            throw .outOfRange(
                name: "\(place).size", value: Self.shortened(value),
                allowed: "width and height up to \(SamplePlanner.maxSide)")
        }
        return Augmenter.Size(width: width, height: height)
    }

    func interval(
        _ key: String, _ bounds: ClosedRange<Double>, default standard: Augmenter.Interval? = nil
    ) throws(ParameterError) -> Augmenter.Interval {
        guard let value = self[key] else {
            if let standard { return standard }
            throw .missing(name: "\(place).\(key)", iterator: name)
        }
        return try AugmenterValues.interval(value, at: "\(place).\(key)", bounds)
    }
}
