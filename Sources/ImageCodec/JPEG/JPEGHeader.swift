/// A JPEG's segments up to the frame header, walked without the library: it would build its tables first.
struct JPEGHeader {
    let width: Int
    let height: Int
    let components: Int
    let bitDepth: Int
    let isProgressive: Bool
    let chromaReduction: (across: Int, down: Int)
    let orientation: Orientation
    let startsWithJFIF: Bool

    /// - Throws: `.truncated` when the bytes end before the frame header; `.corrupt` when there is none.
    init(of bytes: RawSpan) throws(ImageError) {
        var walk = JPEGSegments()
        var orientation: Orientation?
        var isFirst = true
        var startsWithJFIF = false
        while let segment = try walk.next(in: bytes) {
            if isFirst { startsWithJFIF = segment.isJFIF(in: bytes) }
            isFirst = false
            if orientation == nil { orientation = segment.orientation(in: bytes) }
            guard segment.isFrame else { continue }

            let body = bytes.extracting(segment.body)
            guard let bitDepth = body.byte(at: 0), let height = body.uint16(at: 1, bigEndian: true),
                let width = body.uint16(at: 3, bigEndian: true), let components = body.byte(at: 5)
            else { throw .corrupt(.jpeg, reason: "the frame header is too short") }
            guard width > 0 && height > 0 else { throw .corrupt(.jpeg, reason: "width or height is zero") }
            self.width = Int(width)
            self.height = Int(height)
            self.bitDepth = Int(bitDepth)
            self.components = Int(components)
            isProgressive = [0xC2, 0xC6, 0xCA, 0xCE].contains(segment.marker)
            chromaReduction = Self.chromaReduction(components: self.components, body)
            // The tag may come behind the frame header; a plan must be made for the size that the decoder will deliver.
            if orientation == nil { orientation = walk.nextOrientation(in: bytes) }
            self.orientation = orientation ?? .upright
            self.startsWithJFIF = startsWithJFIF
            return
        }
        throw .corrupt(.jpeg, reason: "there is no frame header")
    }

    /// The sampling factors of the first component over those of the second; whole in every file that occurs.
    private static func chromaReduction(components: Int, _ body: RawSpan) -> (across: Int, down: Int) {
        guard components == 3, let luma = body.byte(at: 7), let chroma = body.byte(at: 10), chroma >> 4 > 0,
            chroma & 15 > 0
        else { return (1, 1) }
        return (max(1, Int(luma >> 4) / Int(chroma >> 4)), max(1, Int(luma & 15) / Int(chroma & 15)))
    }
}
