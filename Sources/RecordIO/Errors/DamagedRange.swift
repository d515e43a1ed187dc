/// Bytes of a data file that belong to no readable record.
package struct DamagedRange: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    package var offset: UInt64
    package var byteCount: UInt64
    package var reason: RecordFault

    package init(file: String, offset: UInt64, byteCount: UInt64, reason: RecordFault) {
        self.file = file
        self.offset = offset
        self.byteCount = byteCount
        self.reason = reason
    }

    package var description: String { "'\(file)' at offset \(offset), \(byteCount) bytes: \(reason)" }
}
