/// The header of an image record: its labels and its ids, before the encoded image.
///
///     | flag u32 | label f32 | id u64 | id2 u64 | labels f32 × flag | image ... |    little-endian
///     0          4           8        16        24                  24 + 4·flag
///
/// With `flag` 0 the record has one label, the one in the header; otherwise `flag` of them behind it.
/// Follows MXNet 1.9.1 `src/io/image_recordio.h`.
package struct ImageRecordHeader: Sendable, Hashable {
    /// Bytes before the labels.
    package static let byteCount = 24

    /// Number of labels behind the header.
    package var flag: UInt32
    /// The label when `flag` is 0, by custom 0 otherwise.
    package var label: Float
    /// The image's number: what batches carry as `index` and what a label list is searched for.
    package var id: UInt64
    /// Free for the user; MXNet ignores it.
    package var id2: UInt64

    package init(flag: UInt32 = 0, label: Float = 0, id: UInt64, id2: UInt64 = 0) {
        self.flag = flag
        self.label = label
        self.id = id
        self.id2 = id2
    }

    /// Reads the header of the record `payload`.
    ///
    /// - Throws: `.imageHeaderTooShort` below 24 bytes, `.labelsOverrun` when the labels do not fit the record.
    package init(parsing payload: RawSpan) throws(RecordFault) {
        guard payload.byteCount >= Self.byteCount else {
            throw .imageHeaderTooShort(payloadBytes: UInt64(payload.byteCount))
        }
        self.init(fixedFields: payload)
        guard UInt64(flag) * 4 <= UInt64(payload.byteCount - Self.byteCount) else {
            throw .labelsOverrun(labelCount: UInt64(flag), payloadBytes: UInt64(payload.byteCount))
        }
    }

    /// The 24 bytes alone, without a look at whether the labels are there.
    init(fixedFields bytes: RawSpan) {
        flag = bytes.uint32(at: 0)
        label = Float(bitPattern: bytes.uint32(at: 4))
        id = bytes.uint64(at: 8)
        id2 = bytes.uint64(at: 16)
    }

    package var labelCount: Int { flag == 0 ? 1 : Int(flag) }

    /// Where the encoded image begins in the payload.
    package var imageOffset: Int { Self.byteCount + 4 * Int(flag) }

    /// Label `position` of the record `payload`, which this header was parsed from.
    package func label(_ position: Int, of payload: RawSpan) -> Float {
        precondition(position >= 0 && position < labelCount)
        if flag == 0 { return label }
        return Float(bitPattern: payload.uint32(at: Self.byteCount + 4 * position))
    }

    /// Copies the first labels of the record `payload`, which this header was parsed from.
    ///
    /// - Returns: how many were copied, the smaller of `labelCount` and the room. The rest is left as it was.
    package func copyLabels(of payload: RawSpan, into labels: inout MutableSpan<Float>) -> Int {
        let count = min(labelCount, labels.count)
        for position in 0..<count { labels[position] = label(position, of: payload) }
        return count
    }

    /// A record's payload, as MXNet's `recordio.pack` makes it.
    ///
    /// - Parameters:
    ///   - labels: nil: the header's `label`, with flag 0. Otherwise these go behind the header, and its flag and label
    ///     are set to their number and 0.
    ///   - image: the encoded image.
    package func pack(labels: [Float]? = nil, image: Span<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        let count = labels?.count ?? 0
        bytes.reserveCapacity(Self.byteCount + 4 * count + image.count)
        bytes.append(littleEndian: UInt32(count))
        bytes.append(littleEndian: labels == nil ? label.bitPattern : 0)
        bytes.append(littleEndian: id)
        bytes.append(littleEndian: id2)
        for label in labels ?? [] { bytes.append(littleEndian: label.bitPattern) }
        // A UInt8 has no padding that could be read uninitialised.
        bytes.append(contentsOf: unsafe image.bytes)
        return bytes
    }
}
