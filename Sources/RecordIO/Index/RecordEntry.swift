/// Where one record lies in its file.
package struct RecordEntry: Sendable, Hashable {
    /// Offset of the record's first magic number, a multiple of four.
    package var offset: UInt64
    /// Bytes from there that are worth reading at once: the record with its headers and padding when a scan found it,
    /// up to the next listed record when an .idx file did. A hint, never trusted.
    package var spanBytes: UInt32

    package init(offset: UInt64, spanBytes: UInt32) {
        self.offset = offset
        self.spanBytes = spanBytes
    }
}
