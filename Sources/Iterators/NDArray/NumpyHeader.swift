import DataTypes

/// What the header of a `.npy` file says (versions 1 to 3), read by hand from bytes that may be anything.
///
///     | \x93NUMPY | major | minor | length, 2 or 4 bytes | {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)} \n | data
struct NumpyHeader: Sendable, Equatable {
    let shape: ArrayShape
    let isBigEndian: Bool
    /// Whether the first axis is the one whose elements lie together.
    let isFortranOrder: Bool
    /// Where the elements begin.
    let headerBytes: Int

    /// Bytes from which the length of the whole header can be told.
    static let preludeBytes = 12
    /// NumPy itself reads no longer ones without being told to.
    static let maximumBytes = 65_536

    /// How many bytes the whole header has, told from its first ones.
    ///
    /// - Parameter prelude: the first `preludeBytes` of the file, fewer when it has no more.
    static func byteCount(prelude: [UInt8]) throws(ArrayFault) -> Int {
        guard prelude.starts(with: [0x93] + Array("NUMPY".utf8)), prelude.count >= 10 else { throw .notNumpy }
        let (count, start) =
            switch prelude[6] {
            case 1: (Int(prelude[8]) | Int(prelude[9]) << 8, 10)
            case 2, 3:
                prelude.count < 12
                    ? (Int.max / 2, 12) : ((0..<4).reduce(0) { $0 | Int(prelude[8 + $1]) << (8 * $1) }, 12)
            default: throw .unknownVersion(major: prelude[6], minor: prelude[7])
            }
        guard count + start <= maximumBytes else { throw .headerTooLong(byteCount: count, limit: maximumBytes) }
        return count + start
    }

    /// - Parameter bytes: the whole header, as long as `byteCount(prelude:)` says.
    init(_ bytes: [UInt8]) throws(ArrayFault) {
        headerBytes = try Self.byteCount(prelude: Array(bytes.prefix(Self.preludeBytes)))
        guard bytes.count == headerBytes else { throw .truncatedHeader }
        let start = bytes[6] == 1 ? 10 : 12
        var scanner = PythonLiteral(Array(bytes[start...]))
        var descr: String?
        var order: Bool?
        var extents: [Int]?
        try scanner.expect("{")
        while !scanner.take("}") {
            let key = try scanner.text()
            try scanner.expect(":")
            switch key {
            case "descr":
                guard scanner.peek != UInt8(ascii: "[") else { throw .unservedType("a record of several fields") }
                descr = try scanner.text()
            case "fortran_order": order = try scanner.bool()
            case "shape": extents = try scanner.extents()
            default: throw .badHeader("the unknown key '\(key.prefix(40))'")
            }
            if !scanner.take(",") {
                try scanner.expect("}")
                break
            }
        }
        guard scanner.isAtEnd, let descr, let order, let extents else {
            throw .badHeader("not exactly the keys descr, fortran_order and shape")
        }
        let (type, isBigEndian) = try Self.elementType(descr)
        guard let shape = ArrayShape(elementType: type, extents: extents) else { throw .impossibleShape(extents) }
        self.shape = shape
        self.isBigEndian = isBigEndian
        // With one axis that counts, both orders are the same.
        isFortranOrder = order && extents.count { $0 != 1 } > 1
    }

    private static func elementType(_ descr: String) throws(ArrayFault) -> (ElementType, isBigEndian: Bool) {
        var name = Substring(descr)
        var isBigEndian = false
        if let first = name.first, "<>|=".contains(first) {
            isBigEndian = first == ">"
            name.removeFirst()
        }
        let types: [Substring: ElementType] = [
            "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32, "i4": .int32,
            "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
        ]
        guard let type = types[name] else { throw .unservedType("'\(descr.prefix(40))'") }
        return (type, isBigEndian && type.byteWidth > 1)
    }
}
