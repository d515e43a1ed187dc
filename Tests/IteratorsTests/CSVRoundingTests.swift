import DataTypes
import Glibc
import RecordIO
import Testing

@testable import Iterators

/// Over a million random numbers of every kind, read in rows and compared with what the C library makes of each, which is
/// correctly rounded.
struct CSVRoundingTests {
    enum Kind: CaseIterable {
        case shortestFloats, shortestDoubles, fixedPoint, ties, besideTies, longDigits, exponents, subnormal, whole
    }

    @Test("random numbers have the bits that strtof and strtod give", arguments: Kind.allCases)
    func numbers(kind: Kind) throws {
        let columns = 500
        var random = KeyedRandom(seed: 11, epoch: 0, record: 0)
        let floats = CSVRowParser(fieldCount: columns, elementType: .float32, separator: UInt8(ascii: ","))
        let doubles = CSVRowParser(fieldCount: columns, elementType: .float64, separator: UInt8(ascii: ","))
        for turn in 0..<240 {
            var texts: [String] = []
            while texts.count < columns {
                let text = (random.coin() ? "-" : "") + Self.text(kind, &random)
                // Beyond the largest float a number is refused, which other tests look at.
                if unsafe strtof(text, nil).isFinite { texts.append(text) }
            }
            let line = Array(texts.joined(separator: ",").utf8)
            let bytes = line + [UInt8](repeating: 0, count: RecordFile.paddingBytes)
            var floatBits = [UInt32](repeating: 0, count: columns)
            var doubleBits = [UInt64](repeating: 0, count: columns)
            var position = 0
            try unsafe floatBits.withUnsafeMutableBytes {
                try unsafe floats.parse(bytes.span.bytes, &position, end: line.count, into: $0)
            }
            #expect(position == line.count)
            position = 0
            try unsafe doubleBits.withUnsafeMutableBytes {
                try unsafe doubles.parse(bytes.span.bytes, &position, end: line.count, into: $0)
            }
            // The texts are C strings for the length of the calls.
            let wrong = texts.indices.filter { column in
                unsafe floatBits[column] != strtof(texts[column], nil).bitPattern
                    || doubleBits[column] != strtod(texts[column], nil).bitPattern
            }
            guard wrong.isEmpty else {
                Issue.record("turn \(turn): \(wrong.count) wrong, such as \(wrong.prefix(5).map { texts[$0] })")
                return
            }
        }
    }

    private static func text(_ kind: Kind, _ random: inout KeyedRandom) -> String {
        switch kind {
        case .shortestFloats:
            return "\(Float(bitPattern: UInt32(truncatingIfNeeded: random.next()) & 0x7F7F_FFFF))"
        case .shortestDoubles:
            // Around the floats' range, beyond both of its ends as well.
            return
                "\(Double(sign: .plus, exponent: random.integer(-160, 127), significand: 1 + Double(random.unit()) / 3))"
        case .fixedPoint:
            let places = random.integer(1, 9)
            let fraction = String(random.integer(0, 999_999_999))
            let zeros = String(repeating: "0", count: max(0, places - fraction.utf8.count))
            return "\(random.next() >> UInt64(random.integer(20, 64)))" + "." + (zeros + fraction).suffix(places)
        case .ties, .besideTies:
            // Halfway between two neighbours of 24 or of 53 bits: one more bit, and it is set.
            let isFloat = random.coin()
            let bits: UInt64 = isFloat ? 24 : 53
            let odd = (random.next() >> (64 - bits) | 1 << (bits - 1)) << 1 | 1
            let scaled = odd << UInt64(random.integer(0, Int(63 - bits)))
            guard kind == .besideTies else { return "\(scaled)" + (random.coin() ? ".000" : "") }
            // A digit far behind the point decides.
            return "\(scaled)." + String(repeating: "0", count: random.integer(0, 40)) + "1"
        case .longDigits:
            var digits = ""
            for _ in 0..<random.integer(1, 4) { digits += "\(random.next())" }
            let point = random.integer(0, digits.utf8.count)
            return String(digits.prefix(point)) + "." + digits.dropFirst(point) + "e\(random.integer(-90, 15))"
        case .exponents:
            return "\(random.next() >> UInt64(random.integer(0, 63)))e\(random.integer(-70, 30))"
        case .subnormal:
            return
                "\(random.integer(0, 99)).\(random.next() >> UInt64(random.integer(0, 63)))e-\(random.integer(36, 48))"
        case .whole:
            return "\(random.next() >> UInt64(random.integer(0, 63)))"
        }
    }
}
