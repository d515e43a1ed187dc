/// A regular expression over a file name, for paths written for MXNet, whose last component may be one.
///
/// The whole name must match. Known is what file names need of ECMAScript's syntax: literal characters, `.`, `[a-z]`,
/// `[^a-z]`, `\d`, `\w`, `\s` and their opposites, groups, `|`, `*`, `+`, `?` and `{m,n}`. All alternatives are
/// followed at once, so that the time is bounded by expression × name whatever a client sends: a backtracking matcher
/// can be held up for hours by twenty characters.
struct NameExpression {
    /// Repetition counts multiply; this many steps are more than any sane name needs.
    private static let maximumSteps = 4096

    private enum Step {
        case take(NameExpressionNode.CharacterSet)
        /// Goes on at both.
        case fork(Int, Int)
    }

    /// The end of the steps is the match.
    private var steps: [Step] = []

    /// - Throws: `.badPattern`.
    init(_ pattern: String) throws(RecordError) {
        let node = try NameExpressionParser.parse(pattern)
        guard append(node) else { throw .badPattern(pattern: pattern, reason: "it repeats too much") }
    }

    func matches(_ name: String) -> Bool {
        var current: Set<Int> = []
        follow(0, &current)
        for scalar in name.unicodeScalars {
            var next: Set<Int> = []
            for step in current {
                if step < steps.count, case .take(let set) = steps[step], set.contains(scalar) {
                    follow(step + 1, &next)
                }
            }
            if next.isEmpty { return false }
            current = next
        }
        return current.contains(steps.count)
    }

    /// Adds `start` and every step reachable from it without taking a character.
    private func follow(_ start: Int, _ reached: inout Set<Int>) {
        var open = [start]
        while let step = open.popLast() {
            guard reached.insert(step).inserted, step < steps.count else { continue }
            if case .fork(let first, let second) = steps[step] {
                open.append(first)
                open.append(second)
            }
        }
    }

    /// Appends the steps of `node`, which end just behind themselves.
    ///
    /// - Returns: false when they are too many.
    private mutating func append(_ node: NameExpressionNode) -> Bool {
        guard steps.count < Self.maximumSteps else { return false }
        switch node {
        case .set(let set):
            steps.append(.take(set))
        case .sequence(let nodes):
            for node in nodes { guard append(node) else { return false } }
        case .alternatives(let nodes):
            var exits: [Int] = []
            for (position, node) in nodes.enumerated() {
                let fork = steps.count
                let isLast = position == nodes.count - 1
                if !isLast { steps.append(.fork(fork + 1, fork)) }
                guard append(node) else { return false }
                if !isLast {
                    exits.append(steps.count)
                    steps.append(.fork(0, 0))
                    steps[fork] = .fork(fork + 1, steps.count)
                }
            }
            for exit in exits { steps[exit] = .fork(steps.count, steps.count) }
        case .repeated(let node, let least, let most):
            for _ in 0..<least { guard append(node) else { return false } }
            if let most {
                // Each further one may be left out, with all behind it.
                var forks: [Int] = []
                for _ in least..<max(least, most) {
                    forks.append(steps.count)
                    steps.append(.fork(0, 0))
                    guard append(node) else { return false }
                }
                for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
            } else {
                let fork = steps.count
                steps.append(.fork(0, 0))
                guard append(node) else { return false }
                steps.append(.fork(fork, fork))
                steps[fork] = .fork(fork + 1, steps.count)
            }
        }
        return true
    }
}
