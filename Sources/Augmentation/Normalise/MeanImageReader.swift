/// Little-endian numbers from a mean image's bytes, each checked to be there.
struct MeanImageReader {
    private let bytes: [UInt8]
    private let path: String
    private var offset = 0

    init(bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    var remaining: Int { bytes.count - offset }

    func malformed(_ reason: String) -> MeanImageError {
        .malformed(path: path, reason: reason, offset: offset)
    }

    mutating func uint32(_ field: String) throws(MeanImageError) -> UInt32 { try number(field) }
    mutating func uint64(_ field: String) throws(MeanImageError) -> UInt64 { try number(field) }

    private mutating func number<T: FixedWidthInteger>(_ field: String) throws(MeanImageError) -> T {
        let size = T.bitWidth / 8
        guard remaining >= size else { throw malformed("the \(field) ends early") }
        var value: T = 0
        for index in 0..<size { value |= T(bytes[offset + index]) << (8 * index) }
        offset += size
        return value
    }
}
