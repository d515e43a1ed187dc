import DataTypes
import ImageCodec
import RecordIO
import TestSupport

extension IteratorFixture {
    /// The ImageRecord family: flat pictures whose every value is the record's number, which is the label too.
    static func images(_ name: String, asFloats: Bool) -> IteratorFixture {
        IteratorFixture(kind: kind(name)) { folder, count, damaged in
            try writeImages(folder, count, damaged) {
                ImageRecordHeader(label: Float($0), id: UInt64(100 + $0)).pack(image: $1)
            }
        } records: { row in
            [asFloats ? Int(RowBytes.float(row[0])) : RowBytes.byte(row[0]), Int(RowBytes.float(row[1]))]
        } id: {
            UInt64(100 + $0)
        }
    }

    /// ImageDetRecordIter: the same pictures, each with one object of the record's number as class.
    static var objects: IteratorFixture {
        IteratorFixture(kind: kind("ImageDetRecordIter")) { folder, count, damaged in
            let parameters = try writeImages(folder, count, damaged) { number, image in
                ImageRecordHeader(id: UInt64(100 + number)).pack(
                    labels: [2, 5, Float(number), 0.25, 0.25, 0.75, 0.75], image: image)
            }
            return parameters.merging(["label_pad_width": .integer(7)]) { $1 }
        } records: { row in
            // Channels, rows, columns and count stand before the record's own labels.
            [Int(RowBytes.float(row[0])), Int(RowBytes.float(row[1], at: 6))]
        } id: {
            UInt64(100 + $0)
        }
    }

    /// ImageIter: the same pictures as files of their own.
    static var imageFiles: IteratorFixture {
        IteratorFixture(kind: kind("ImageIter")) { folder, count, damaged in
            for number in 0..<count {
                _ = try folder.write(try png(number, isDamaged: damaged.contains(number)), to: "\(number).png")
            }
            let lines = (0..<count).map { "\(100 + $0)\t\($0)\t\($0).png\n" }
            return [
                "path_imglist": .string(try folder.write(lines.joined(), to: "images.lst")),
                "path_root": .string(folder.path), "data_shape": .string("(3,8,8)"),
            ]
        } records: { row in
            [Int(RowBytes.float(row[0])), Int(RowBytes.float(row[1]))]
        } id: {
            UInt64(100 + $0)
        }.withLastBatchHandle()
    }

    /// ImageDetIter: the pictures with an object as records.
    static var imageObjects: IteratorFixture {
        let objects = objects
        return IteratorFixture(kind: kind("ImageDetIter")) { folder, count, damaged in
            try objects.write(folder, count, damaged).filter { $0.key != "label_pad_width" }
        } records: { row in
            [Int(RowBytes.float(row[0])), Int(RowBytes.float(row[1]))]
        } id: {
            UInt64(100 + $0)
        }.withLastBatchHandle()
    }

    private func withLastBatchHandle() -> IteratorFixture {
        var fixture = self
        fixture.partitions = ["count", "global"]
        fixture.whole = ["last_batch_handle": .string("pad")]
        fixture.emptiesRows = false
        fixture.carriesOver = nil
        fixture.drops = ["last_batch_handle": .string("discard")]
        return fixture
    }

    /// A picture whose every value is `number`.
    private static func png(_ number: Int, isDamaged: Bool) throws -> [UInt8] {
        var pixels = PixelBuffer()
        pixels.reshape(width: 8, height: 8, channels: 3)
        var values = pixels.mutablePixels
        for index in values.indices { values[index] = UInt8(number) }
        var image = try PNGEncoder().encode(pixels)
        if isDamaged { image.removeLast(image.count / 2) }
        return image
    }

    private static func writeImages(
        _ folder: TemporaryFolder, _ count: Int, _ damaged: Set<Int>, pack: (Int, Span<UInt8>) -> [UInt8]
    ) throws -> [String: ParameterValue] {
        let path = folder.path + "/images.rec"
        var writer = try RecordWriter(path: path)
        for number in 0..<count {
            let image = try png(number, isDamaged: damaged.contains(number))
            _ = try writer.write(pack(number, image.span).span)
        }
        try writer.finish()
        return ["path_imgrec": .string(path), "data_shape": .string("(3,8,8)")]
    }
}
