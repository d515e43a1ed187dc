/// Numbers in the bytes of a row.
enum RowBytes {
    static func float(_ bytes: [UInt8], at position: Int = 0) -> Float {
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[4 * position + $1]) << UInt32(8 * $1) })
    }

    /// The low byte of the number that a row of bytes or wider integers begins with.
    static func byte(_ bytes: [UInt8]) -> Int { Int(bytes[0]) }
}
