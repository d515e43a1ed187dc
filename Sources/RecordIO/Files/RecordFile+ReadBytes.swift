import Glibc

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

    /// The file's first bytes: `maximumBytes`, or as many as it has.
    ///
    /// - Throws: `.fileChanged` when the file has become shorter, `.system` when the device fails.
    package func firstBytes(_ maximumBytes: Int) throws(RecordError) -> [UInt8] {
        var buffer = RecordBuffer()
        try readBytes(0..<min(byteCount, UInt64(maximumBytes)), into: &buffer)
        // The bytes are copied before the buffer goes.
        return unsafe buffer.withUnsafeBytes { unsafe Array($0.dropLast(Self.paddingBytes)) }
    }

    /// Fills `bytes` from `offset` on, for data that has its place already.
    ///
    /// - Throws: `.fileChanged` when the file has become shorter, `.system` when the device fails.
    package func read(at offset: UInt64, into bytes: UnsafeMutableRawBufferPointer) throws(RecordError) {
        var done = 0
        while done < bytes.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            // The pointer is valid for exactly the length that pread is given.
            let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(clamping: offset &+ UInt64(done)))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw .fileChanged(file: path, offset: offset &+ UInt64(done))
            } else if errno != EINTR {
                throw .system(operation: "read", path: path, code: errno)
            }
        }
    }
}
