/// What is wrong with the bytes of a record, wherever they lie. `RecordError.damaged` adds the file and the offset.
package enum RecordFault: Error, Sendable, Hashable {
    /// The four bytes where a part must begin are not the magic number.
    case badMagic(found: UInt32)
    /// The file ends inside the eight bytes of a part's header.
    case truncatedHeader(availableBytes: UInt64)
    /// The file ends before the part does.
    case truncatedPart(neededBytes: UInt64, availableBytes: UInt64)
    /// A part of the wrong kind: a record that begins with a continuation, or a continuation that never came.
    case badContinuation(flag: UInt8, partsBefore: UInt64)
    /// The file ends where the next part of a record should begin.
    case unfinished(partsBefore: UInt64)
    /// The assembled record is larger than the reader allows.
    case tooLarge(payloadBytes: UInt64, limitBytes: UInt64)
    /// The payload is too short for an image record's header.
    case imageHeaderTooShort(payloadBytes: UInt64)
    /// The image record's header announces more labels than the payload holds.
    case labelsOverrun(labelCount: UInt64, payloadBytes: UInt64)
}

extension RecordFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .badMagic(let found):
            "no record begins here: found 0x\(String(found, radix: 16)) instead of 0xced7230a"
        case .truncatedHeader(let available):
            "the file ends inside a record header: \(available) of 8 bytes are there"
        case .truncatedPart(let needed, let available):
            "the file ends inside a record: \(needed) bytes are needed, \(available) are there"
        case .badContinuation(let flag, 0):
            "a record cannot begin with a part of kind \(flag); allowed are 0 (whole) and 1 (first)"
        case .badContinuation(let flag, let before):
            "after \(before) parts of a record came one of kind \(flag); allowed are 2 (middle) and 3 (last)"
        case .unfinished(let before):
            "the file ends after \(before) parts of a record whose last part is missing"
        case .tooLarge(let bytes, let limit):
            "the record has at least \(bytes) bytes; limits.max_record is \(limit)"
        case .imageHeaderTooShort(let bytes):
            "an image record needs a header of 24 bytes; the record has \(bytes)"
        case .labelsOverrun(let count, let bytes):
            "the header announces \(count) labels, more than a record of \(bytes) bytes can hold"
        }
    }
}
