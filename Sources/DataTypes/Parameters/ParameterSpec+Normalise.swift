extension ParameterSpec {
    /// `value` in this parameter's normal form: `.bool`, `.integer`, `.number`, `.string`, or a `.list` of one of them;
    /// of a structure any of these, lists within lists included.
    ///
    /// - Throws: `.illTyped` when the value is of another type, `.outOfRange` when it is not allowed.
    package func normalise(_ value: ParameterValue) throws(ParameterError) -> ParameterValue {
        switch kind {
        case .bool:
            guard let result = Self.readBool(value) else { throw illTyped(value, "true or false") }
            return .bool(result)
        case .integer(let bounds), .optionalInteger(let bounds):
            guard let result = Self.readInteger(value) else { throw illTyped(value, "a whole number") }
            guard bounds.contains(result) else { throw outOfRange(value, Self.describe(bounds)) }
            return .integer(result)
        case .byteCount(let bounds):
            guard let result = Self.readByteCount(value) else { throw illTyped(value, "a size such as 2GiB") }
            guard bounds.contains(result) else {
                throw outOfRange(
                    value, "\(ByteCount.text(bounds.lowerBound)) to \(ByteCount.text(bounds.upperBound))")
            }
            return .integer(result)
        case .number(let bounds), .optionalNumber(let bounds):
            guard let result = Self.readNumber(value) else { throw illTyped(value, "a number") }
            guard result.isFinite, bounds.contains(result) else { throw outOfRange(value, Self.describe(bounds)) }
            return .number(result)
        case .string:
            switch value {
            case .string: return value
            case .integer(let number): return .string(String(number))
            default: throw illTyped(value, "text")
            }
        case .choice(let names):
            guard case .string(let name) = value else {
                throw illTyped(value, "one of \(names.joined(separator: ", "))")
            }
            guard names.contains(name) else {
                let hint = nearestName(to: name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
                throw outOfRange(value, names.joined(separator: ", ") + hint)
            }
            return value
        case .shape(let rank):
            let expected = rank.map { "\($0) positive whole numbers, such as (3,224,224)" } ?? "positive whole numbers"
            guard let extents = Self.readList(value, allowsBare: rank == nil)?.map(Self.readInteger) else {
                throw illTyped(value, expected)
            }
            guard !extents.contains(nil) else { throw illTyped(value, expected) }
            let list = extents.compactMap { $0 }
            // 2³¹ is beyond every image and keeps products of three extents from overflowing unseen.
            guard !list.isEmpty, rank == nil || list.count == rank, list.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
                throw outOfRange(value, expected)
            }
            return .list(list.map { .integer($0) })
        case .numbers:
            guard let list = Self.readList(value, allowsBare: true)?.map(Self.readNumber), !list.contains(nil) else {
                throw illTyped(value, "a list of numbers")
            }
            return .list(list.compactMap { $0 }.map { .number($0) })
        case .integers:
            guard let list = Self.readList(value, allowsBare: true)?.map(Self.readInteger), !list.contains(nil) else {
                throw illTyped(value, "a list of whole numbers, such as 0,90,180")
            }
            return .list(list.compactMap { $0 }.map { .integer($0) })
        case .arrays:
            guard ArrayReference.list(value) != nil else {
                throw illTyped(
                    value, "a file, an array that was handed over, or a list of them or of [name, file] pairs")
            }
            return value
        case .structure:
            guard let result = StructureText.value(of: value) else {
                throw illTyped(value, "a value, or a list such as [[\"a\", 1], [\"b\", [2, 3]]]")
            }
            guard StructureText.isWithinLimits(result) else {
                throw .outOfRange(
                    name: name, value: "a list",
                    allowed:
                        "lists at most \(StructureText.maxNesting) deep, of \(StructureText.maxEntries) entries in all")
            }
            return result
        }
    }

    private func illTyped(_ value: ParameterValue, _ expected: String) -> ParameterError {
        .illTyped(name: name, value: String(value.description.prefix(500)), expected: expected)
    }

    private func outOfRange(_ value: ParameterValue, _ allowed: String) -> ParameterError {
        .outOfRange(name: name, value: value.description, allowed: allowed)
    }

    private static func describe(_ bounds: ClosedRange<Int>) -> String {
        switch (bounds.lowerBound, bounds.upperBound) {
        case (.min, .max): "any whole number"
        case (let low, .max): "\(low) or more"
        case (.min, let high): "\(high) or less"
        case (let low, let high): "\(low) to \(high)"
        }
    }

    private static func describe(_ bounds: ClosedRange<Double>) -> String {
        switch (bounds.lowerBound, bounds.upperBound) {
        case (-Double.greatestFiniteMagnitude, Double.greatestFiniteMagnitude): "any finite number"
        case (let low, Double.greatestFiniteMagnitude): "\(low) or more"
        case (-Double.greatestFiniteMagnitude, let high): "\(high) or less"
        case (let low, let high): "\(low) to \(high)"
        }
    }

    private static func readBool(_ value: ParameterValue) -> Bool? {
        switch value {
        case .bool(let flag): return flag
        case .integer(0): return false
        case .integer(1): return true
        case .string(let text):
            switch text.lowercased() {
            case "true", "1": return true
            case "false", "0": return false
            default: return nil
            }
        default: return nil
        }
    }

    private static func readInteger(_ value: ParameterValue) -> Int? {
        switch value {
        case .integer(let number): number
        case .string(let text): Int(trimmed(text))
        default: nil
        }
    }

    private static func readByteCount(_ value: ParameterValue) -> Int? {
        switch value {
        case .integer(let number): number
        case .string(let text): ByteCount.parse(String(trimmed(text)))
        default: nil
        }
    }

    private static func readNumber(_ value: ParameterValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        case .string(let text): Double(trimmed(text))
        default: nil
        }
    }

    /// The elements of a list, or of text such as `(3, 8, 8)`, `[3,8,8]` and, when allowed, `3,8,8`.
    private static func readList(_ value: ParameterValue, allowsBare: Bool) -> [ParameterValue]? {
        switch value {
        case .list(let list): return list
        case .integer, .number: return allowsBare ? [value] : nil
        case .string(let text):
            var body = trimmed(text)
            if (body.hasPrefix("(") && body.hasSuffix(")")) || (body.hasPrefix("[") && body.hasSuffix("]")) {
                body = Substring(body.dropFirst().dropLast())
            } else if !allowsBare {
                return nil
            }
            var parts = body.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
            // Python writes a tuple of one with a comma behind it, and MXNet reads one after any last element.
            if parts.last?.isEmpty == true { parts.removeLast() }
            return parts.map { .string(String($0)) }
        default: return nil
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> Substring {
        var result = Substring(text)
        while let first = result.first, first.isWhitespace { result.removeFirst() }
        while let last = result.last, last.isWhitespace { result.removeLast() }
        return result
    }
}

extension ClosedRange<Int> {
    /// Every whole number.
    package static var all: Self { .min ... .max }
    /// `low` and above.
    package static func atLeast(_ low: Int) -> Self { low ... .max }
}

extension ClosedRange<Double> {
    /// Every finite number.
    package static var finite: Self { -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude }
    /// `low` and above.
    package static func atLeast(_ low: Double) -> Self { low...Double.greatestFiniteMagnitude }
}
