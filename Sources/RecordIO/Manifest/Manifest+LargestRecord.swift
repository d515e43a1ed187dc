extension Manifest {
    /// A bound on the payload of every record: no record has more bytes, as far as the indexes know.
    ///
    /// After a scan it is that of the largest record, rounded up to a multiple of four, and four or more for each magic
    /// number that the record holds. What an .idx file leaves out counts to the record before.
    ///
    /// - Complexity: linear in the number of records; touches no file.
    package var largestRecordBytes: Int {
        var largest: UInt32 = 0
        for file in files {
            for ordinal in 0..<file.index.count { largest = max(largest, file.index[ordinal].spanBytes) }
        }
        // Parts after a record's first have headers longer than the magic number that is put back between them, so that
        // eight bytes less than what is stored are enough for any number of parts.
        return max(0, Int(largest) - PartHeader.byteCount)
    }
}
