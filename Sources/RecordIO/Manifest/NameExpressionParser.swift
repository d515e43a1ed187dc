/// Turns the text of a `NameExpression` into its structure.
struct NameExpressionParser {
    private let pattern: String
    private let scalars: [UnicodeScalar]
    private var position = 0

    /// - Throws: `.badPattern`.
    static func parse(_ pattern: String) throws(RecordError) -> NameExpressionNode {
        var parser = NameExpressionParser(pattern)
        // Longer than any file name can be; it also bounds how deep groups nest.
        guard parser.scalars.count <= 255 else { throw parser.bad("it has more than 255 characters") }
        let node = try parser.alternatives()
        guard parser.next == nil else { throw parser.bad("a ')' closes nothing") }
        return node
    }

    private init(_ pattern: String) {
        self.pattern = pattern
        scalars = Array(pattern.unicodeScalars)
    }

    private var next: UnicodeScalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: UnicodeScalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func alternatives() throws(RecordError) -> NameExpressionNode {
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
    }

    private mutating func sequence() throws(RecordError) -> NameExpressionNode {
        var nodes: [NameExpressionNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            // The whole name must match anyway.
            if take("^") || take("$") { continue }
            nodes.append(try repetition(of: try atom()))
        }
        return .sequence(nodes)
    }

    private mutating func repetition(of atom: NameExpressionNode) throws(RecordError) -> NameExpressionNode {
        var node = atom
        while true {
            if take("*") {
                node = .repeated(node, least: 0, most: nil)
            } else if take("+") {
                node = .repeated(node, least: 1, most: nil)
            } else if take("?") {
                node = .repeated(node, least: 0, most: 1)
            } else if take("{") {
                guard let least = number() else { throw bad("a number is missing behind '{'") }
                var most: Int? = least
                if take(",") { most = number() }
                guard take("}"), most ?? least >= least else { throw bad("'{' needs the form {m}, {m,} or {m,n}") }
                node = .repeated(node, least: least, most: most)
            } else {
                return node
            }
            // A reluctant repetition matches the same names.
            _ = take("?")
        }
    }

    private mutating func atom() throws(RecordError) -> NameExpressionNode {
        guard let scalar = next else { throw bad("it ends too early") }
        position += 1
        switch scalar {
        case ".": return .set(.any)
        case "[": return .set(try characterSet())
        case "\\": return .set(try escape())
        case "(":
            if take("?"), !take(":") { throw bad("of the groups that begin with '(?' only '(?:' is known") }
            let node = try alternatives()
            guard take(")") else { throw bad("a '(' is not closed") }
            return node
        case "*", "+", "?", "{": throw bad("there is nothing for '\(scalar)' to repeat")
        default: return .set(.init(ranges: [scalar...scalar]))
        }
    }

    private mutating func escape() throws(RecordError) -> NameExpressionNode.CharacterSet {
        guard let scalar = next else { throw bad("it ends with a backslash") }
        position += 1
        switch scalar {
        case "d": return .init(ranges: ["0"..."9"])
        case "D": return .init(ranges: ["0"..."9"], isInverted: true)
        case "w": return .init(ranges: ["a"..."z", "A"..."Z", "0"..."9", "_"..."_"])
        case "W": return .init(ranges: ["a"..."z", "A"..."Z", "0"..."9", "_"..."_"], isInverted: true)
        case "s": return .init(ranges: ["\t"..."\r", " "..." "])
        case "S": return .init(ranges: ["\t"..."\r", " "..." "], isInverted: true)
        case "a"..."z", "A"..."Z", "0"..."9": throw bad("'\\\(scalar)' is not known")
        default: return .init(ranges: [scalar...scalar])
        }
    }

    private mutating func characterSet() throws(RecordError) -> NameExpressionNode.CharacterSet {
        var set = NameExpressionNode.CharacterSet(ranges: [], isInverted: take("^"))
        while !take("]") {
            guard let low = next else { throw bad("a '[' is not closed") }
            position += 1
            if low == "\\" {
                let escaped = try escape()
                guard !escaped.isInverted else { throw bad("an inverted class cannot stand inside '[]'") }
                set.ranges.append(contentsOf: escaped.ranges)
            } else if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                let high = scalars[position + 1]
                guard low <= high else { throw bad("the range \(low)-\(high) runs backwards") }
                set.ranges.append(low...high)
                position += 2
            } else {
                set.ranges.append(low...low)
            }
        }
        return set
    }

    /// At most three digits: more repetitions than a name has characters mean nothing.
    private mutating func number() -> Int? {
        var digits = ""
        while let scalar = next, ("0"..."9").contains(scalar), digits.utf8.count < 3 {
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        return Int(digits)
    }

    private func bad(_ reason: String) -> RecordError { .badPattern(pattern: pattern, reason: reason) }
}
