/// Counts of bytes as people write them: `512MiB`, `2GiB`, `1.5GiB`, `64MB`, `1048576`.
package enum ByteCount {
    private static let units: [(suffix: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
        ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ]

    /// The bytes that `text` says, or nil when it is not a size or does not fit an `Int`.
    package static func parse(_ text: String) -> Int? {
        var digits = Substring(text)
        var factor = 1
        if let unit = units.first(where: { text.hasSuffix($0.suffix) }) {
            factor = unit.bytes
            digits = digits.dropLast(unit.suffix.count)
            while digits.last == " " { digits.removeLast() }
        }
        guard let first = digits.utf8.first, (48...57).contains(first) else { return nil }
        if let whole = Int(digits) {
            let (bytes, overflow) = whole.multipliedReportingOverflow(by: factor)
            return overflow ? nil : bytes
        }
        // Only plain decimals: `Double` would also read hexadecimal and exponents.
        guard digits.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }), let number = Double(digits) else {
            return nil
        }
        return Int(exactly: (number * Double(factor)).rounded())
    }

    /// `count` in the largest binary unit that divides it.
    package static func text(_ count: Int) -> String {
        let unit = units.prefix(4).last { count != 0 && count % $0.bytes == 0 }
        return unit.map { "\(count / $0.bytes)\($0.suffix)" } ?? String(count)
    }
}
