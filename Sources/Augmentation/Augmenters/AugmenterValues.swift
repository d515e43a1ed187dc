internal import DataTypes

/// Reads values of augmenters, whether they stand among an iterator's parameters or among an augmenter's arguments.
enum AugmenterValues {
    /// Limits of ranges: with a side of at most 65535 pixels no product of them leaves an `Int`.
    static let areas = 0.0...1000.0
    static let ratios = 1e-3...1000.0

    static func number(
        _ value: ParameterValue, at place: String, _ bounds: ClosedRange<Double>
    ) throws(ParameterError) -> Double {
        let spec = ParameterSpec(place, .number(bounds), default: nil, "")
        guard case .number(let result) = try spec.normalise(value) else { preconditionFailure("not a number") }
        return result
    }

    static func kernel(_ number: Int, at place: String) throws(ParameterError) -> InterpolationChoice {
        guard let choice = InterpolationChoice(interMethod: number) else {
            throw .outOfRange(
                name: place, value: String(number),
                allowed: "0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos4, 9 by size, 10 random")
        }
        return choice
    }

    /// Two numbers, the smaller first.
    static func interval(
        _ value: ParameterValue, at place: String, _ bounds: ClosedRange<Double>
    ) throws(ParameterError) -> Augmenter.Interval {
        guard case .list(let ends) = value, ends.count == 2 else {
            throw .illTyped(name: place, value: AugmenterArguments.shortened(value), expected: "two numbers")
        }
        let low = try number(ends[0], at: place, bounds)
        let high = try number(ends[1], at: place, bounds)
        guard low <= high else {
            throw .outOfRange(
                name: place, value: AugmenterArguments.shortened(value), allowed: "the smaller number first")
        }
        return Augmenter.Interval(low, high)
    }

    /// Three numbers, or one for all three.
    static func colour(
        _ value: ParameterValue, at place: String, _ bounds: ClosedRange<Double>
    ) throws(ParameterError) -> RGB {
        var numbers: [Float] = []
        switch value {
        case .list(let list) where list.count == 1 || list.count == 3:
            for entry in list { numbers.append(Float(try number(entry, at: place, bounds))) }
        case .integer, .number: numbers.append(Float(try number(value, at: place, bounds)))
        default:
            throw .illTyped(
                name: place, value: AugmenterArguments.shortened(value),
                expected: "three numbers (red, green, blue), or one")
        }
        return numbers.count == 1 ? RGB(all: numbers[0]) : RGB(numbers[0], numbers[1], numbers[2])
    }

    /// A mean or deviation: a colour, or true for ImageNet's; nil when there is none.
    static func normalisation(
        _ value: ParameterValue, at place: String, _ bounds: ClosedRange<Double>, imageNet: RGB
    ) throws(ParameterError) -> RGB? {
        switch value {
        case .null, .bool(false): nil
        case .bool(true): imageNet
        default: try colour(value, at: place, bounds)
        }
    }

    static let means = -1e6...1e6
    /// A deviation of 0 would give no numbers.
    static let deviations = 1e-6...1e6

    static func matrix(_ value: ParameterValue, at place: String) throws(ParameterError) -> ColourMatrix {
        guard case .list(let rows) = value, rows.count == 3 else {
            throw .illTyped(
                name: place, value: AugmenterArguments.shortened(value), expected: "three rows of three numbers")
        }
        var colours: [RGB] = []
        for row in rows { colours.append(try colour(row, at: place, means)) }
        return ColourMatrix(red: colours[0], green: colours[1], blue: colours[2])
    }
}
