/// A file name pattern as the shell has it: `*` any text, `?` any character, `[a-z]` and `[!a-z]` one of a set.
///
/// A leading dot must be written out. Takes time proportional to pattern × name at worst, so that a pattern from a
/// client cannot hold up a thread.
struct GlobPattern {
    private enum Token {
        case anyText
        case anyCharacter
        case one(UnicodeScalar)
        case set([ClosedRange<UnicodeScalar>], isInverted: Bool)
    }

    private var tokens: [Token] = []
    private let matchesHidden: Bool

    /// True when `text` has a character that means something in a pattern.
    static func isPattern(_ text: String) -> Bool { text.utf8.contains { "*?[".utf8.contains($0) } }

    init(_ text: String) {
        matchesHidden = text.hasPrefix(".")
        let scalars = Array(text.unicodeScalars)
        var position = 0
        while position < scalars.count {
            switch scalars[position] {
            case "*":
                tokens.append(.anyText)
            case "?":
                tokens.append(.anyCharacter)
            case "[":
                if let (set, end) = Self.set(scalars, position + 1) {
                    tokens.append(set)
                    position = end
                } else {
                    tokens.append(.one("["))
                }
            default:
                tokens.append(.one(scalars[position]))
            }
            position += 1
        }
    }

    func matches(_ name: String) -> Bool {
        if name.hasPrefix("."), !matchesHidden { return false }
        let scalars = Array(name.unicodeScalars)
        var token = 0
        var position = 0
        // The last `*` seen and where its text ends so far: the only place worth going back to.
        var retry: (token: Int, position: Int)?
        while position < scalars.count {
            if token < tokens.count, case .anyText = tokens[token] {
                retry = (token, position)
                token += 1
            } else if token < tokens.count, Self.matches(tokens[token], scalars[position]) {
                token += 1
                position += 1
            } else if let last = retry {
                retry = (last.token, last.position + 1)
                token = last.token + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { if case .anyText = $0 { true } else { false } }
    }

    private static func matches(_ token: Token, _ scalar: UnicodeScalar) -> Bool {
        switch token {
        case .anyText: false
        case .anyCharacter: true
        case .one(let wanted): wanted == scalar
        case .set(let ranges, let isInverted): ranges.contains { $0.contains(scalar) } != isInverted
        }
    }

    /// The set that begins behind the bracket, and the position of its closing bracket; nil when there is none.
    private static func set(_ scalars: [UnicodeScalar], _ start: Int) -> (Token, Int)? {
        var position = start
        var isInverted = false
        if position < scalars.count, scalars[position] == "!" || scalars[position] == "^" {
            isInverted = true
            position += 1
        }
        var ranges: [ClosedRange<UnicodeScalar>] = []
        let first = position
        while position < scalars.count {
            let low = scalars[position]
            // A closing bracket in the first place is a member.
            if low == "]", position > first { return (.set(ranges, isInverted: isInverted), position) }
            if position + 2 < scalars.count, scalars[position + 1] == "-", scalars[position + 2] != "]" {
                let high = scalars[position + 2]
                if low <= high { ranges.append(low...high) }
                position += 3
            } else {
                ranges.append(low...low)
                position += 1
            }
        }
        return nil
    }
}
