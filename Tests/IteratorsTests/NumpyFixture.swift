import DataTypes

/// Writes `.npy` and `.npz` files byte by byte, right ones and wrong ones.
enum NumpyFixture {
    /// A whole file. The header is NumPy's unless another is given.
    static func npy(
        _ descr: String = "<f4", shape: [Int], fortran: Bool = false, version: UInt8 = 1, header: String? = nil,
        data: [UInt8]
    ) -> [UInt8] {
        let extents = shape.map { "\($0)," }.joined(separator: " ")
        var text =
            header ?? "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': (\(extents)), }"
        let start = version == 1 ? 10 : 12
        while (start + text.utf8.count + 1) % 64 != 0 { text += " " }
        text += "\n"
        let count = text.utf8.count
        let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(text.utf8) + data
    }

    /// Elements 0, 1, 2, … of an integer type as they lie in a file.
    static func counting<Number: FixedWidthInteger>(_ count: Int, as type: Number.Type, bigEndian: Bool = false)
        -> [UInt8]
    {
        (0..<count).flatMap { element in
            let number = Number(truncatingIfNeeded: element)
            let bytes = (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> (8 * Number($0))) }
            return bigEndian ? bytes.reversed() : bytes
        }
    }

    struct Member {
        var name: String
        var bytes: [UInt8]
        var isDeflated = false
        /// Whether its sizes stand in a zip64 field.
        var isZip64 = false
        var checksum: UInt32?
        /// What the directory says of its unpacked size, when that is not the truth.
        var claimedBytes: Int?
    }

    /// A zip archive as NumPy writes it.
    static func npz(_ members: [Member]) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for member in members {
            let packed = member.isDeflated ? deflated(member.bytes) : member.bytes
            let offset = file.count
            let checksum = member.checksum ?? crc32(member.bytes)
            let method = member.isDeflated ? 8 : 0
            let unpackedBytes = member.claimedBytes ?? member.bytes.count
            let extra =
                member.isZip64
                ? little(1, 2) + little(24, 2) + little(unpackedBytes, 8) + little(packed.count, 8)
                    + little(offset, 8) : []
            let sizes =
                member.isZip64
                ? little(0xFFFF_FFFF, 4) + little(0xFFFF_FFFF, 4) : little(packed.count, 4) + little(unpackedBytes, 4)
            file += little(0x0403_4B50, 4) + little(20, 2) + little(0, 2) + little(method, 2) + little(0, 4)
            file += little(Int(checksum), 4) + little(packed.count, 4) + little(unpackedBytes, 4)
            file += little(member.name.utf8.count, 2) + little(3, 2) + Array(member.name.utf8) + [9, 9, 9] + packed
            directory += little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + little(0, 2) + little(method, 2)
            directory += little(0, 4) + little(Int(checksum), 4) + sizes
            directory += little(member.name.utf8.count, 2) + little(extra.count, 2) + little(0, 2) + little(0, 2)
            directory += little(0, 2) + little(0, 4) + little(member.isZip64 ? 0xFFFF_FFFF : offset, 4)
            directory += Array(member.name.utf8) + extra
        }
        let start = file.count
        file += directory
        return file + little(0x0605_4B50, 4) + little(0, 4) + little(members.count, 2) + little(members.count, 2)
            + little(directory.count, 4) + little(start, 4) + little(0, 2)
    }

    /// A deflate stream of stored blocks.
    private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(1000)
            rest = rest.dropFirst(block.count)
            result += [rest.isEmpty ? 1 : 0] + little(block.count, 2) + little(~block.count & 0xFFFF, 2) + block
        } while !rest.isEmpty
        return result
    }

    static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
