extension ParameterSpec {
    /// The default for tables: `required` for a parameter that must be given, `none` for no value.
    ///
    /// - Parameter quote: put around names and other text that is to be written as it stands.
    package func defaultText(quote: String = "") -> String {
        switch defaultValue {
        case nil: "required"
        case .null?, .string("")?, .list([])?: "none"
        case let value?: Self.text(value, quote: quote)
        }
    }

    /// The values that are allowed, for tables.
    ///
    /// - Parameter quote: as for `defaultText`.
    package func rangeText(quote: String = "") -> String {
        switch kind {
        case .bool: "true, false"
        case .integer(let bounds), .optionalInteger(let bounds): Self.text(bounds)
        case .byteCount(let bounds):
            "\(ByteCount.text(bounds.lowerBound)) to \(ByteCount.text(bounds.upperBound))"
        case .number(let bounds), .optionalNumber(let bounds): Self.text(bounds)
        case .choice(let names): names.map { quote + $0 + quote }.joined(separator: ", ")
        case .shape(let rank): rank.map { "\($0) sizes" } ?? "sizes"
        case .numbers: "numbers"
        case .integers: "whole numbers"
        case .arrays: "arrays"
        case .structure: "values or lists"
        default: "text"
        }
    }

    private static func text(_ value: ParameterValue, quote: String) -> String {
        switch value {
        case .string(let text): quote + text + quote
        case .integer(let number): text(number)
        case .number(let number): text(number)
        case .list(let values): values.map { text($0, quote: quote) }.joined(separator: ", ")
        case .bool, .null: value.description
        }
    }

    private static func text(_ bounds: ClosedRange<Int>) -> String {
        switch (bounds.lowerBound, bounds.upperBound) {
        case (.min, .max): "any whole number"
        case (let low, .max): "\(text(low)) or more"
        case (.min, let high): "\(text(high)) or less"
        case (let low, let high): "\(text(low)) to \(text(high))"
        }
    }

    private static func text(_ bounds: ClosedRange<Double>) -> String {
        switch (bounds.lowerBound, bounds.upperBound) {
        case (-Double.greatestFiniteMagnitude, Double.greatestFiniteMagnitude): "any number"
        case (let low, Double.greatestFiniteMagnitude): "\(text(low)) or more"
        case (-Double.greatestFiniteMagnitude, let high): "\(text(high)) or less"
        case (let low, let high): "\(text(low)) to \(text(high))"
        }
    }

    private static func text(_ number: Double) -> String {
        number == number.rounded() && number.magnitude < 1e15 ? text(Int(number)) : String(number)
    }

    /// Digits in groups of three where there are more than four of them.
    private static func text(_ number: Int) -> String {
        let digits = String(number.magnitude)
        guard digits.count > 4 else { return String(number) }
        var grouped = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position).isMultiple(of: 3) { grouped += "," }
            grouped.append(digit)
        }
        return (number < 0 ? "-" : "") + grouped
    }
}
