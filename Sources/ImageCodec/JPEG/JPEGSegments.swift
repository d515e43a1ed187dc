/// Walks the segments of a JPEG from its beginning to the first scan.
struct JPEGSegments {
    struct Segment {
        /// The second byte of the marker: 0xC0 for baseline frames, 0xE1 for APP1, …
        let marker: UInt8
        /// Where in the file that lies which follows the length field.
        let body: Range<Int>

        /// Start of frame, of any coding process: 0xC0…0xCF but DHT, JPG and DAC.
        var isFrame: Bool { marker & 0xF0 == 0xC0 && ![0xC4, 0xC8, 0xCC].contains(marker) }

        func isJFIF(in bytes: RawSpan) -> Bool {
            marker == 0xE0 && bytes.extracting(body).starts(with: [0x4A, 0x46, 0x49, 0x46, 0x00])
        }

        /// The EXIF orientation, when this is an EXIF segment that has a usable one.
        func orientation(in bytes: RawSpan) -> Orientation? {
            guard marker == 0xE1 && body.count > 6 else { return nil }
            let content = bytes.extracting(body)
            guard content.starts(with: [0x45, 0x78, 0x69, 0x66, 0x00]) else { return nil }
            return Orientation(exif: content.extracting(6...))
        }
    }

    /// Where the next marker is expected: first behind the two bytes every JPEG begins with.
    private var offset = 2

    /// The next segment, or `nil` at the first scan or the end marker.
    ///
    /// - Throws: `.truncated` when the bytes end within or before a segment; `.corrupt` when its length is impossible.
    /// - Complexity: proportional to the number of segments and fill bytes.
    mutating func next(in bytes: RawSpan) throws(ImageError) -> Segment? {
        while true {
            // As the library does, skip what is not a marker: stray bytes, fill bytes (0xFF) and stuffed zeros.
            while let byte = bytes.byte(at: offset), byte != 0xFF { offset += 1 }
            while let byte = bytes.byte(at: offset), byte == 0xFF { offset += 1 }
            guard let marker = bytes.byte(at: offset) else {
                throw .truncated(.jpeg, reason: "the bytes end before the first scan")
            }
            offset += 1
            switch marker {
            case 0x00, 0x01, 0xD0...0xD8:
                continue  // Markers without a segment.
            case 0xD9, 0xDA:
                return nil
            default:
                guard let length = bytes.uint16(at: offset, bigEndian: true).map(Int.init) else {
                    throw .truncated(.jpeg, reason: "the bytes end before the first scan")
                }
                guard length >= 2 else { throw .corrupt(.jpeg, reason: "a segment has the length \(length)") }
                guard length <= bytes.byteCount - offset else {
                    throw .truncated(.jpeg, reason: "the bytes end before the first scan")
                }
                defer { offset += length }
                return Segment(marker: marker, body: offset + 2..<offset + length)
            }
        }
    }

    /// The first EXIF orientation in the segments that are left; `nil` when there is none. A broken segment ends the search:
    /// the decoder will report it better.
    mutating func nextOrientation(in bytes: RawSpan) -> Orientation? {
        while let segment = try? next(in: bytes) {
            if let orientation = segment.orientation(in: bytes) { return orientation }
        }
        return nil
    }
}
