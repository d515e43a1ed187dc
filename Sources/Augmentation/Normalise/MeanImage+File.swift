/// MXNet's array list with one array, as `mx.nd.save` writes it. All numbers little-endian:
///
///     u64 0x112 · u64 0 · u64 array count
///     u32 0xF993FAC9 · i32 storage type 0 · u32 rank · i64 × rank extents · i32 device type · i32 device · i32 dtype · data
///     u64 name count · (u64 length · bytes) × name count
///
/// Files of before MXNet 1.0 begin the array with 0xF993FAC8 and have no storage type; of before 0.11, with the rank and
/// 32-bit extents. The names behind the data are not looked at.
extension MeanImage {
    private static let listMagic: UInt64 = 0x112
    private static let arrayMagic: UInt32 = 0xF993_FAC9
    private static let olderArrayMagic: UInt32 = 0xF993_FAC8

    /// The most bytes that the file of such an image can have: header, names and a little more. A larger one is of another
    /// shape, which its beginning tells.
    package static func fileBytesLimit(channels: Int, height: Int, width: Int) -> Int {
        channels * height * width * 4 + 4096
    }

    /// Reads a file's content and checks that its one array has the shape of the samples.
    ///
    /// - Parameters:
    ///   - bytes: at most the first `fileBytesLimit` are looked at.
    ///   - path: for messages.
    package init(
        bytes: [UInt8], path: String, channels: Int, height: Int, width: Int
    ) throws(MeanImageError) {
        var reader = MeanImageReader(bytes: bytes, path: path)
        guard try reader.uint64("list header") == Self.listMagic else {
            throw reader.malformed("no array list of MXNet")
        }
        _ = try reader.uint64("list header")
        let arrayCount = try reader.uint64("array count")
        guard arrayCount == 1 else { throw reader.malformed("\(arrayCount) arrays instead of one") }
        let found = try Self.readShape(&reader)
        guard found == [channels, height, width] else {
            throw .shapeMismatch(path: path, found: found, expected: [channels, height, width])
        }
        _ = try reader.uint32("device type")
        _ = try reader.uint32("device")
        let elementType = try reader.uint32("element type")
        guard elementType == 0 else { throw reader.malformed("element type \(elementType) instead of float32 (0)") }
        var values: [Float] = []
        let count = channels * height * width
        guard reader.remaining / 4 >= count else { throw reader.malformed("the data ends early") }
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(Float(bitPattern: try reader.uint32("data"))) }
        self.init(channels: channels, height: height, width: width, values: values)
    }

    private static func readShape(_ reader: inout MeanImageReader) throws(MeanImageError) -> [Int] {
        let magic = try reader.uint32("array header")
        let isOldest = magic != arrayMagic && magic != olderArrayMagic
        if magic == arrayMagic, try reader.uint32("storage type") != 0 { throw reader.malformed("a sparse array") }
        let rank = isOldest ? magic : try reader.uint32("rank")
        guard rank <= 32 else { throw reader.malformed("no array of MXNet") }
        var shape: [Int] = []
        for _ in 0..<rank {
            let extent = isOldest ? UInt64(try reader.uint32("extent")) : try reader.uint64("extent")
            guard let extent = Int(exactly: extent) else { throw reader.malformed("an impossible extent") }
            shape.append(extent)
        }
        return shape
    }

    /// The content of a file that `init(bytes:…)` and MXNet read.
    package var fileBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 4 + 128)
        func append<T: FixedWidthInteger>(_ value: T) {
            for index in 0..<T.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
        }
        append(Self.listMagic)
        append(UInt64(0))
        append(UInt64(1))
        append(Self.arrayMagic)
        append(Int32(0))
        append(UInt32(3))
        for extent in [channels, height, width] { append(Int64(extent)) }
        append(Int32(1))
        append(Int32(0))
        append(Int32(0))
        for value in values { append(value.bitPattern) }
        let name = "mean_img"
        append(UInt64(1))
        append(UInt64(name.utf8.count))
        bytes.append(contentsOf: name.utf8)
        return bytes
    }
}
