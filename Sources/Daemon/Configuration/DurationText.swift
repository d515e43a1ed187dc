/// Lengths of time as people write them: `30s`, `250ms`, `5m`, `6h`, `1d`, and plain seconds.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    /// Ten years: longer is a slip, and far from what clocks can add without overflow.
    private static let mostMilliseconds = 315_360_000_000

    /// The duration that `text` says, to the millisecond, or nil when it is none or longer than ten years.
    package static func parse(_ text: String) -> Duration? {
        var digits = Substring(text)
        var factor = 1000
        if let unit = units.first(where: { text.hasSuffix($0.suffix) }) {
            factor = unit.milliseconds
            digits = digits.dropLast(unit.suffix.count)
            while digits.last == " " { digits.removeLast() }
        }
        guard let first = digits.utf8.first, (48...57).contains(first),
            digits.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }), let number = Double(digits)
        else { return nil }
        let milliseconds = (number * Double(factor)).rounded()
        guard milliseconds <= Double(mostMilliseconds) else { return nil }
        return .milliseconds(Int(milliseconds))
    }

    /// `duration` in the largest unit that divides it.
    package static func text(_ duration: Duration) -> String {
        let parts = duration.components
        let milliseconds = Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000)
        if milliseconds == 0 { return "0s" }
        let unit = units.last { milliseconds % $0.milliseconds == 0 } ?? units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}
