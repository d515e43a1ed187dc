import DataTypes
import ExampleIterator
import RecordIO
import TestSupport
import Testing

extension IteratorFixture {
    /// CSVIter: rows of the record's number and its negative; the labels are the number too.
    static var csv: IteratorFixture {
        var fixture = IteratorFixture(kind: kind("CSVIter")) { folder, count, damaged in
            let rows = (0..<count).map { damaged.contains($0) ? "none,\($0)\n" : "\($0),-\($0)\n" }
            let path = try folder.write(rows.joined(), to: "data.csv")
            let labels = try folder.write((0..<count).map { "\($0)\n" }.joined(), to: "labels.csv")
            return ["data_csv": .string(path), "label_csv": .string(labels), "data_shape": .integer(2)]
        } records: { row in
            [Int(RowBytes.float(row[0])), -Int(RowBytes.float(row[0], at: 1)), Int(RowBytes.float(row[1]))]
        }
        fixture.partitions = ["count", "global"]
        return fixture
    }

    /// LibSVMIter: rows of one to four elements that are the record's number, as is the label. Bad rows are known at open.
    static var libSVM: IteratorFixture {
        var fixture = IteratorFixture(kind: kind("LibSVMIter")) { folder, count, _ in
            let rows = (0..<count).map { number in
                "\(number)" + (0...number % 4).map { " \(number + $0):\(number)" }.joined() + "\n"
            }
            return ["data_libsvm": .string(try folder.write(rows.joined(), to: "t")), "data_shape": .integer(1000)]
        } records: { row in
            row.map { Int(RowBytes.float($0)) }
        }
        fixture.rowBytes = { batch, row in
            let label = Array(batch.tensors[3][4 * row..<4 * row + 4])
            let matrix = SparseRows(batch)
            #expect(matrix.isClean)
            return matrix.rows[row].map { element in
                (0..<4).map { UInt8(truncatingIfNeeded: element.value.bitPattern >> (8 * UInt32($0))) }
            } + [label]
        }
        fixture.canBeDamaged = false
        return fixture
    }

    /// MNISTIter: pictures of six pixels of the record's number. Its files have no room for a bad record.
    static var mnist: IteratorFixture {
        var fixture = IteratorFixture(kind: kind("MNISTIter")) { folder, count, _ in
            let pixels = (0..<count).flatMap { [UInt8](repeating: UInt8($0), count: 6) }
            let images = try folder.write(
                [0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, 2, 0, 0, 0, 3] + pixels, to: "i")
            let labels = try folder.write([0, 0, 8, 1, 0, 0, 0, UInt8(count)] + (0..<UInt8(count)), to: "l")
            return ["image": .string(images), "label": .string(labels)]
        } records: { row in
            [Int(RowBytes.float(row[0]) * 256), Int(RowBytes.float(row[1]))]
        }
        fixture.canBeDamaged = false
        fixture.whole = ["last_batch_handle": .string("pad")]
        fixture.emptiesRows = false
        fixture.carriesOver = nil
        fixture.drops = ["last_batch_handle": .string("discard")]
        return fixture
    }

    /// NDArrayIter: rows of the record's number and its negative, and labels of the number. Its rows are all there or none.
    static var arrays: IteratorFixture {
        var fixture = IteratorFixture(kind: kind("NDArrayIter")) { folder, count, _ in
            let rows = (0..<count).flatMap { NumpyFixture.little($0, 4) + NumpyFixture.little(-$0, 4) }
            let data = try folder.write(NumpyFixture.npy("<i4", shape: [count, 2], data: rows), to: "data.npy")
            let numbers = (0..<count).map { UInt8($0) }
            let label = NumpyFixture.npz([
                .init(name: "n.npy", bytes: NumpyFixture.npy("|u1", shape: [count], data: numbers), isDeflated: true)
            ])
            return ["data": .string(data), "label": .string(try folder.write(label, to: "label.npz") + "#n")]
        } records: { row in
            func number(_ start: Int) -> Int {
                Int(Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(row[0][start + $1]) << UInt32(8 * $1) }))
            }
            return [number(0), -number(4), RowBytes.byte(row[1])]
        }
        fixture.partitions = ["count", "global"]
        fixture.canBeDamaged = false
        fixture.whole = ["last_batch_handle": .string("pad")]
        fixture.emptiesRows = false
        fixture.carriesOver = nil
        fixture.drops = ["last_batch_handle": .string("discard")]
        return fixture
    }

    /// RecordIter: records of the number and as many bytes more. Bad ones are longer than a row.
    static var rawRecords: IteratorFixture {
        IteratorFixture(kind: kind("RecordIter")) { folder, count, damaged in
            let path = folder.path + "/records.rec"
            var writer = try RecordWriter(path: path)
            for number in 0..<count {
                let byteCount = damaged.contains(number) ? 300 : 1 + number
                _ = try writer.write([UInt8](repeating: UInt8(number), count: byteCount).span)
            }
            try writer.finish()
            return ["path_rec": .string(path), "max_record_bytes": .integer(200)]
        } records: { row in
            [RowBytes.byte(row[0]), RowBytes.byte(row[1]) - 1]
        }
    }

    /// The example of an iterator of one's own: pictures of six bytes.
    static var cifar: IteratorFixture {
        IteratorFixture(kind: CIFARSource.kind) { folder, count, damaged in
            let rows = (0..<count).map { number -> [UInt8] in
                [damaged.contains(number) ? 255 : UInt8(number)] + [UInt8](repeating: UInt8(number), count: 6)
            }
            // Two files, so that rows behind the first are found.
            let first = try folder.write(Array(rows.prefix(count / 3).joined()), to: "a.bin")
            let second = try folder.write(Array(rows.dropFirst(count / 3).joined()), to: "b.bin")
            return [
                "path_bin": .string("\(first);\(second)"), "data_shape": .string("(1,2,3)"),
                "num_classes": .integer(200),
            ]
        } records: { row in
            [RowBytes.byte(row[0]), Int(RowBytes.float(row[1]))]
        }
    }
}
