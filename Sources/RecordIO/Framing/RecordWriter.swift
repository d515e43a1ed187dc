import Glibc

/// Writes a data file, and beside it an .idx file when asked, byte for byte as MXNet does.
///
/// Both appear under their names when `finish` returns. A writer that is dropped before leaves nothing behind.
package struct RecordWriter: ~Copyable {
    private let output: AtomicOutputFile
    private let indexOutput: AtomicOutputFile?
    /// Records written so far.
    package private(set) var recordCount: UInt64 = 0

    /// - Parameter indexPath: nil: no .idx file.
    /// - Throws: `.system` when a file cannot be created.
    package init(path: String, indexPath: String? = nil) throws(RecordError) {
        let output = try AtomicOutputFile(path: path)
        let indexOutput = try indexPath.map { (path) throws(RecordError) in try AtomicOutputFile(path: path) }
        self.output = output
        self.indexOutput = indexOutput
    }

    /// Bytes of the data file so far, and the offset of the next record.
    package var byteCount: UInt64 { output.byteCount }

    /// Appends one record, and its line to the .idx file.
    ///
    /// - Parameter key: what the .idx file calls the record; nil: its ordinal.
    /// - Returns: the record's offset.
    /// - Throws: `.payloadTooLarge` from 2²⁹ bytes on, `.system`.
    @discardableResult
    package mutating func write(_ payload: Span<UInt8>, key: UInt64? = nil) throws(RecordError) -> UInt64 {
        let key = key ?? recordCount
        let offset = try append(payload)
        try list(key: key, offset: offset)
        return offset
    }

    /// Adds a line to the .idx file, for who does not want one a record in the records' order.
    package mutating func list(key: UInt64, offset: UInt64) throws(RecordError) {
        try indexOutput?.write("\(key)\t\(offset)\n")
    }

    /// Appends one record without a line in the .idx file.
    ///
    /// The payload is split where it holds the magic number at a multiple of four, and the number left out, so that a
    /// reader can find the begin of a record from anywhere. Follows dmlc-core `src/recordio.cc`, `WriteRecord`.
    ///
    /// - Returns: the record's offset.
    /// - Throws: `.payloadTooLarge` from 2²⁹ bytes on, `.system`.
    package mutating func append(_ payload: Span<UInt8>) throws(RecordError) -> UInt64 {
        // A UInt8 has no padding that could be read uninitialised.
        let payload = unsafe payload.bytes
        guard payload.byteCount < PartHeader.lengthLimit else {
            throw .payloadTooLarge(byteCount: payload.byteCount, file: output.path)
        }
        let offset = output.byteCount
        var start = 0
        var position = 0
        while position + 4 <= payload.byteCount {
            if payload.uint32(at: position) == PartHeader.magic {
                try writePart(start == 0 ? .first : .middle, payload.extracting(start..<position))
                start = position + 4
            }
            position += 4
        }
        try writePart(start == 0 ? .whole : .last, payload.extracting(start..<payload.byteCount))
        recordCount += 1
        return offset
    }

    /// Makes the files durable and gives them their names.
    package consuming func finish() throws(RecordError) {
        try output.synchronise()
        try indexOutput?.synchronise()
        if let indexOutput {
            // Were the process killed between the two renames, an older index would lie beside the new data. None is
            // better: the path is a C string for the length of the call.
            _ = unsafe unlink(indexOutput.path)
        }
        try output.commit()
        try indexOutput?.commit()
    }

    private func writePart(_ kind: PartHeader.Kind, _ data: RawSpan) throws(RecordError) {
        var header: [8 of UInt8] = .init(repeating: 0)
        let word = UInt64(PartHeader.word(kind, length: data.byteCount)) << 32 | UInt64(PartHeader.magic)
        for index in 0..<8 { header[index] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(index))) }
        try output.write(header.span)
        try output.write(data)
        let padding: [4 of UInt8] = .init(repeating: 0)
        try output.write(padding.span.extracting(0..<(-data.byteCount & 3)))
    }
}
