/// One whole record, measured but not read.
struct RecordExtent {
    var offset: UInt64
    /// Bytes in the file: headers, data and padding of all parts.
    var storedBytes: UInt64
    /// Bytes of the assembled record.
    var payloadBytes: Int
    var partCount: Int

    var end: UInt64 { offset + storedBytes }
}
