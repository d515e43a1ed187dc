extension RecordFile {
    /// Reads a whole file as one payload.
    ///
    /// - Parameter maximumBytes: a larger file is refused before memory is taken.
    /// - Throws: `.missingFile`, `.notARegularFile`, `.tooLargeFile`, `.fileChanged` or `.system`.
    package static func readWhole(
        _ path: String, maximumBytes: Int, into buffer: inout RecordBuffer
    ) throws(RecordError) {
        // Nothing is in the buffer should the read fail.
        buffer.setPayload(0..<0)
        let file = try RecordFile(path: path, suggestsNames: false)
        guard file.byteCount <= UInt64(maximumBytes) else {
            throw .tooLargeFile(path: path, byteCount: file.byteCount, limitBytes: maximumBytes)
        }
        let count = Int(file.byteCount)
        buffer.reserve(count)
        try file.read(at: 0, to: 0..<count, of: &buffer)
        buffer.setPayload(0..<count)
    }

    /// Tells the system that a whole file will be read soon. Errors are left for the reader to find.
    package static func readAheadWhole(_ path: String, maximumBytes: Int) {
        guard let file = try? RecordFile(path: path, suggestsNames: false) else { return }
        file.readAhead(offset: 0, byteCount: min(file.byteCount, UInt64(maximumBytes)))
    }
}
