@testable import RecordIO

let magicBytes: [UInt8] = [0x0A, 0x23, 0xD7, 0xCE]

/// One part as it lies in a file, with a header that need not be true.
func part(_ flag: UInt32, _ data: [UInt8], length: Int? = nil) -> [UInt8] {
    let word = flag << 29 | UInt32(length ?? data.count)
    let header = magicBytes + (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    return header + data + [UInt8](repeating: 0, count: -data.count & 3)
}

/// `count` bytes that tell records apart and never hold the magic number.
func payload(_ number: Int, count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: (number &* 31 &+ $0) & 0x7F) }
}

func hex(_ text: String) -> [UInt8] {
    let digits = text.filter(\.isHexDigit)
    return stride(from: 0, to: digits.count, by: 2).map { position in
        let start = digits.index(digits.startIndex, offsetBy: position)
        return UInt8(digits[start...].prefix(2), radix: 16)!
    }
}

/// Random numbers with a fixed seed, so that a failing case can be run again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension RecordBuffer {
    /// A copy of the record.
    borrowing func copy() -> [UInt8] {
        let bytes = self.bytes
        return (0..<bytes.byteCount).map { bytes.uint8(at: $0) }
    }
}

/// The records that a sequential reader finds, and what it left out.
func readAll(
    _ path: String, onDamage policy: RecordReader.DamagePolicy = .fail, maximumRecordBytes: Int = 1 << 30
) throws(RecordError) -> (records: [[UInt8]], damage: DamageReport) {
    let file = try RecordFile(path: path, maximumRecordBytes: maximumRecordBytes)
    var reader = RecordReader(file: file, onDamage: policy)
    var buffer = RecordBuffer()
    var records: [[UInt8]] = []
    while try reader.next(into: &buffer) { records.append(buffer.copy()) }
    return (records, reader.damage)
}

/// The records of an index, read one by one.
func readAll(_ index: RecordIndex, _ file: RecordFile) throws(RecordError) -> [[UInt8]] {
    var buffer = RecordBuffer()
    var records: [[UInt8]] = []
    for ordinal in 0..<index.count {
        try file.readRecord(index[ordinal], into: &buffer)
        records.append(buffer.copy())
    }
    return records
}

func write(_ records: [[UInt8]], to path: String, indexPath: String? = nil, keys: [UInt64]? = nil) throws(RecordError) {
    var writer = try RecordWriter(path: path, indexPath: indexPath)
    for (position, record) in records.enumerated() { try writer.write(record.span, key: keys?[position]) }
    try writer.finish()
}

extension [UInt8] {
    var rawSpan: RawSpan {
        @_lifetime(borrow self)
        // A UInt8 has no padding that could be read uninitialised.
        borrowing get { unsafe span.bytes }
    }
}
