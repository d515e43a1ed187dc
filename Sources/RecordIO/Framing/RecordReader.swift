/// Reads the records of a file one after another.
package struct RecordReader: ~Copyable {
    /// What to do about bytes that are no record.
    package enum DamagePolicy: Sendable {
        /// Throw, and throw again at every further call.
        case fail
        /// Go on at the next place where a whole record begins, and note what was left out in `damage`.
        case resynchronise
    }

    private var walker: RecordWalker
    private let policy: DamagePolicy
    /// What was left out so far.
    package private(set) var damage = DamageReport()
    /// Offset of the record that was read last.
    package private(set) var recordOffset: UInt64 = 0

    /// - Parameter offset: where to begin, a record's first byte.
    package init(file: RecordFile, offset: UInt64 = 0, onDamage policy: DamagePolicy = .fail) {
        walker = RecordWalker(file: file, position: offset)
        self.policy = policy
    }

    /// Reads the next record into `buffer`.
    ///
    /// - Returns: false at the end of the file, again at every further call.
    /// - Throws: `.damaged` when the policy is to fail; `.fileChanged` and `.system` in any case.
    package mutating func next(into buffer: inout RecordBuffer) throws(RecordError) -> Bool {
        while true {
            switch try walker.next(resynchronise: policy == .resynchronise) {
            case .end:
                return false
            case .damage(let range):
                damage.add(range)
            case .record(let extent):
                let entry = RecordEntry(offset: extent.offset, spanBytes: UInt32(clamping: extent.storedBytes))
                try walker.file.readRecord(entry, into: &buffer)
                recordOffset = extent.offset
                return true
            }
        }
    }
}
