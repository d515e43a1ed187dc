extension RecordFault {
    /// The fault as three numbers, for the cache of scans. The codes are part of that file's format.
    var stored: [3 of UInt64] {
        switch self {
        case .badMagic(let found): [1, UInt64(found), 0]
        case .truncatedHeader(let available): [2, available, 0]
        case .truncatedPart(let needed, let available): [3, needed, available]
        case .badContinuation(let flag, let before): [4, UInt64(flag), before]
        case .unfinished(let before): [5, before, 0]
        case .tooLarge(let bytes, let limit): [6, bytes, limit]
        case .imageHeaderTooShort(let bytes): [7, bytes, 0]
        case .labelsOverrun(let count, let bytes): [8, count, bytes]
        }
    }

    /// The fault that was stored so, or nil when these numbers are none.
    init?(stored code: UInt64, _ first: UInt64, _ second: UInt64) {
        switch code {
        case 1: self = .badMagic(found: UInt32(truncatingIfNeeded: first))
        case 2: self = .truncatedHeader(availableBytes: first)
        case 3: self = .truncatedPart(neededBytes: first, availableBytes: second)
        case 4: self = .badContinuation(flag: UInt8(truncatingIfNeeded: first), partsBefore: second)
        case 5: self = .unfinished(partsBefore: first)
        case 6: self = .tooLarge(payloadBytes: first, limitBytes: second)
        case 7: self = .imageHeaderTooShort(payloadBytes: first)
        case 8: self = .labelsOverrun(labelCount: first, payloadBytes: second)
        default: return nil
        }
    }
}
