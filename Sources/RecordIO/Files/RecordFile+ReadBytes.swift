extension RecordFile {
    /// Zero bytes that follow what `readBytes` read, so that a scanner may look a word ahead without asking for the end.
    package static var paddingBytes: Int { 8 }

    /// Reads any bytes of the file: `buffer.bytes` is then `range` of it and `paddingBytes` zeros behind.
    ///
    /// - Throws: `.fileChanged` when the file has become shorter, `.system` when the device fails.
    package func readBytes(_ range: Range<UInt64>, into buffer: inout RecordBuffer) throws(RecordError) {
        let count = Int(range.upperBound - range.lowerBound)
        // Nothing is in the buffer should the read fail.
        buffer.setPayload(0..<0)
        buffer.reserve(count + Self.paddingBytes)
        try read(at: range.lowerBound, to: 0..<count, of: &buffer)
        buffer.store(0, at: count)
        buffer.store(0, at: count + 4)
        buffer.setPayload(0..<count + Self.paddingBytes)
    }
}
