/// The eight bytes before each part of a record.
///
///     | magic (4) | kind: 3 bits, length: 29 bits (4) |    little-endian
///
/// Follows dmlc-core `include/dmlc/recordio.h`, as MXNet 1.9.1 uses it.
struct PartHeader {
    /// On disk `0a 23 d7 ce`.
    static let magic: UInt32 = 0xCED7_230A
    static let byteCount = 8
    /// One more than the longest payload a record can be written with.
    static let lengthLimit = 1 << 29

    /// What part of a record follows. 4…7 are never written.
    enum Kind: UInt8 {
        case whole = 0
        case first = 1
        case middle = 2
        case last = 3
    }

    let word: UInt32

    /// The kind's number as stored, also when it is none of the four.
    var flag: UInt8 { UInt8(word >> 29) }
    /// Bytes of the part's data.
    var length: Int { Int(word & 0x1FFF_FFFF) }
    /// Bytes of the part's data with its padding: the next part begins at a multiple of four.
    var paddedLength: Int { (length + 3) & ~3 }
    var beginsRecord: Bool { flag <= 1 }

    /// What this part does to a record of which `partsBefore` parts were seen.
    ///
    /// - Returns: whether it is the record's last part.
    /// - Throws: `.badContinuation` when it may not stand here.
    func endsRecord(partsBefore: Int) throws(RecordFault) -> Bool {
        switch (Kind(rawValue: flag), partsBefore) {
        case (.whole, 0): return true
        case (.first, 0): return false
        case (.middle, 1...): return false
        case (.last, 1...): return true
        default: throw .badContinuation(flag: flag, partsBefore: UInt64(partsBefore))
        }
    }

    static func word(_ kind: Kind, length: Int) -> UInt32 {
        precondition(length < lengthLimit)
        return UInt32(kind.rawValue) << 29 | UInt32(length)
    }
}
