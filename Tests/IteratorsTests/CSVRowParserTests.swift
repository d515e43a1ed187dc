import DataTypes
import Foundation
import RecordIO
import TestSupport
import Testing

@testable import Iterators

/// Reading single rows: values to the bit, and faults with their columns.
struct CSVRowParserTests {
    /// The row read as `type`, as its bytes.
    private static func parse(
        _ text: String, _ type: ElementType, fields: Int, separator: Character = ","
    ) throws -> [UInt8] {
        let parser = CSVRowParser(fieldCount: fields, elementType: type, separator: separator.asciiValue!)
        let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: RecordFile.paddingBytes)
        var output = [UInt8](repeating: 0xEE, count: fields * type.byteWidth)
        var position = 0
        try unsafe output.withUnsafeMutableBytes { output in
            try unsafe parser.parse(bytes.span.bytes, &position, end: text.utf8.count, into: output)
        }
        return output
    }

    private static func float(_ text: String) throws -> Float {
        try unsafe parse(text, .float32, fields: 1).withUnsafeBytes { unsafe $0.loadUnaligned(as: Float.self) }
    }

    private static func double(_ text: String) throws -> Double {
        try unsafe parse(text, .float64, fields: 1).withUnsafeBytes { unsafe $0.loadUnaligned(as: Double.self) }
    }

    @Test(
        "spellings of numbers give the nearest float and double",
        arguments: [
            "0", "-0", "+3", ".5", "5.", "1e3", "-2.5E-2", "1e-50", "0.1234567890123456789",
            "123456789012345678901234567890",
            "16777217", "16777217.0", "16777216.999999999", "33554433e-5", "1.401298464324817e-45", "1e-46",
            "3.4028235e38",
            "7.038531e-26", "8388608.5", "8388609.5", "0.000000000000000000000000000000000000011754943508",
            "1.00000017881393432617187499", "1.00000017881393432617187500", "1.00000017881393432617187501",
            "00000000000000000000000001.5", "9007199254740993", "9007199254740993.0", "0.30000000000000004", "1e23",
            "8.5e22",
            "18446744073709551615", "9999999999999999999", "1.7976931348623157e30", "00012345678.87654321e-3",
        ])
    func spellings(text: String) throws {
        #expect(try Self.float(text).bitPattern == Float(text)!.bitPattern)
        #expect(try Self.double(text).bitPattern == Double(text)!.bitPattern)
    }

    @Test("half a million random numbers of all lengths are read correctly rounded")
    func random() throws {
        var random = KeyedRandom(seed: 1, epoch: 0, record: 0, lap: 0)
        var wrong: [String] = []
        for turn in 0..<250_000 {
            let digits = String(random.next() >> UInt64(turn % 64))
            let point = random.integer(0, digits.utf8.count)
            let exponent = turn % 3 == 0 ? "e\(random.integer(-60, 18))" : ""
            let text = digits.prefix(point) + "." + digits.dropFirst(point) + exponent
            guard let expected = Float(text), expected.isFinite else { continue }
            if try Self.float(text.description) != expected { wrong.append(String(text)) }
            if try Self.double(text.description) != Double(text)! { wrong.append(String(text)) }
        }
        // The middle between two neighbouring floats, and just beside it.
        for turn in 0..<50_000 {
            let low = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()) & 0x3FFF_FFFF | 0x2000_0000)
            let middle = (Double(low) + Double(low.nextUp)) / 2
            let beside = [middle, middle.nextUp, middle.nextDown][turn % 3]
            let text = "\(beside)"
            if try Self.float(text) != Float(text)! { wrong.append(text) }
        }
        #expect(wrong.isEmpty, "\(wrong.count), such as \(wrong.prefix(5))")
    }

    @Test(
        "words for what is no finite number are read in any case",
        arguments: [
            ("nan", Float.nan), ("NaN", .nan), ("inf", .infinity), ("-INF", -.infinity), ("+Infinity", .infinity),
        ])
    func words(text: String, expected: Float) throws {
        let value = try Self.float(text)
        #expect(value == expected || value.isNaN && expected.isNaN)
    }

    @Test(
        "blanks, a byte order mark, line ends and a separator behind the last field mean nothing",
        arguments: [
            "1,2,3", " 1 ,\t2, 3 \n", "1,2,3,\r\n", "\u{FEFF}1,2,3\r", "1,2,3, \n4,5,6", "+1,02,3",
        ])
    func harmless(text: String) throws {
        #expect(try Self.parse(text, .uint8, fields: 3) == [1, 2, 3])
    }

    @Test("another separator takes the comma's place", arguments: [";", "|", "\t"] as [Character])
    func separators(separator: Character) throws {
        let text = ["1", "2", " 3"].joined(separator: String(separator))
        #expect(try Self.parse(text, .uint8, fields: 3, separator: separator) == [1, 2, 3])
    }

    @Test(
        "what is no row of three numbers is refused with its column",
        arguments: [
            ("1,2", CSVFault.tooFewFields(found: 2, expected: 3)), ("1,2,\n3", .tooFewFields(found: 2, expected: 3)),
            ("1,2,3,4", .tooManyFields(expected: 3)), ("1,,3", .emptyField(column: 2)),
            (",1,2,3", .emptyField(column: 1)),
            ("a,b,c", .notANumber(column: 1, text: "a", expected: "a number")),
            ("1,2 3,4", .notANumber(column: 2, text: "2 3", expected: "a number")),
            ("1,2,3kg", .notANumber(column: 3, text: "3kg", expected: "a number")),
            ("1,1e,3", .notANumber(column: 2, text: "1e", expected: "a number")),
            ("0x10,2,3", .notANumber(column: 1, text: "0x10", expected: "a number")),
            ("\"1\",2,3", .notANumber(column: 1, text: "\\\"1\\\"", expected: "a number")),
            ("1,2\0,3", .notANumber(column: 2, text: "2\\0", expected: "a number")),
            ("1,1e40,3", .outOfRange(column: 2, text: "1e40", type: "float32")),
            ("   ", .tooFewFields(found: 0, expected: 3)), ("", .tooFewFields(found: 0, expected: 3)),
        ] as [(String, CSVFault)])
    func faults(text: String, expected: CSVFault) {
        #expect(throws: expected) { try Self.parse(text, .float32, fields: 3) }
    }

    @Test(
        "whole numbers are decimal and must fit",
        arguments: [
            (ElementType.uint8, "255", "256"), (.uint8, "0", "-1"), (.int32, "-2147483648", "2147483648"),
            (.int64, "-9223372036854775808", "9223372036854775808"), (.int64, "0000000000000000000000000000010", "1.0"),
            (.int32, "010", "1e3"), (.uint8, "+7", "99999999999999999999999"),
        ])
    func integers(type: ElementType, good: String, bad: String) throws {
        let bytes = try Self.parse(good, type, fields: 1)
        let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        #expect(bits == UInt64(bitPattern: Int64(good)!) & (type == .int64 ? .max : 1 << (8 * UInt64(bytes.count)) - 1))
        #expect(throws: CSVFault.self) { try Self.parse(bad, type, fields: 1) }
    }

    @Test("a half is one rounding of the float")
    func halves() throws {
        let bytes = try Self.parse("0.1,65504,-2", .float16, fields: 3)
        let values = unsafe bytes.withUnsafeBytes { bytes in
            (0..<3).map { unsafe bytes.loadUnaligned(fromByteOffset: 2 * $0, as: Float16.self) }
        }
        #expect(values == [0.1, 65504, -2])
        #expect(throws: CSVFault.self) { try Self.parse("70000", .float16, fields: 1) }
    }
}
