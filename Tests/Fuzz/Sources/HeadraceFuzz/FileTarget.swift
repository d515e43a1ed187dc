import DataTypes
import Iterators
import RecordIO

/// A byte that chooses parameters, and a data file of one format: what its iterator makes of it.
enum FileTarget {
    /// A .rec file.
    case records
    /// A .lst file, or an .idx file over a .rec file that is there.
    case lists
    case csv
    case libsvm
    /// The files of images and labels, the length of the first before them.
    case mnist
    /// A .npy or .npz file.
    case numpy

    private static let basic: [String: ParameterValue] = [
        "batch_size": .integer(4), "shuffle": .bool(false), "on_bad_record": .string("skip"),
    ]

    func run(_ input: FuzzInput) {
        var input = input
        let options = input.byte()
        func flag(_ bit: UInt8) -> Bool { options & (1 << bit) != 0 }
        switch self {
        case .records:
            let file = ParameterValue.string(FuzzFolder.write(input.remainder(), to: "a.rec"))
            switch options & 3 {
            case 0:
                open("RecordIter", ["path_rec": file, "header": .string(flag(2) ? "strip" : "keep")])
            case 1:
                open(
                    "ImageRecordIter",
                    ["path_imgrec": file, "data_shape": .string("(3,8,8)"), "label_width": .integer(flag(2) ? 1 : 3)])
            case 2: open("ImageDetRecordIter", ["path_imgrec": file, "data_shape": .string("(3,8,8)")])
            default: open("ImageDetIter", ["path_imgrec": file, "data_shape": .string("(3,8,8)")])
            }
        case .lists:
            let file = ParameterValue.string(FuzzFolder.write(input.remainder(), to: "a.lst"))
            let records = ParameterValue.string(FuzzFolder.data + "/a.rec")
            switch options & 3 {
            case 0:
                open("RecordIter", ["path_rec": records, "path_idx": file])
            case 1:
                open(
                    "ImageRecordIter",
                    [
                        "path_imgrec": records, "path_imglist": file, "data_shape": .string("(3,8,8)"),
                        "label_width": .integer(flag(2) ? 1 : 3),
                    ])
            case 2:
                open(
                    "ImageIter",
                    [
                        "path_imglist": file, "path_root": .string(FuzzFolder.data), "data_shape": .string("(3,8,8)"),
                    ])
            default:
                open(
                    "ImageDetIter",
                    ["path_imglist": file, "path_root": .string(FuzzFolder.data), "data_shape": .string("(3,8,8)")])
            }
        case .csv:
            let file = ParameterValue.string(FuzzFolder.write(input.remainder(), to: "a.csv"))
            let types = ["float32", "float64", "float16", "int32", "int64", "uint8"]
            open(
                "CSVIter",
                [
                    "data_csv": file, "data_shape": .integer(flag(0) ? 1 : 3),
                    "dtype": .string(types[Int(options >> 1) % types.count]),
                ])
        case .libsvm:
            let file = ParameterValue.string(FuzzFolder.write(input.remainder(), to: "a.libsvm"))
            var parameters: [String: ParameterValue] = [
                "data_libsvm": file, "data_shape": .integer(100), "indexing_mode": .integer(flag(0) ? 1 : 0),
                "round_batch": .bool(flag(1)),
            ]
            if flag(2) { parameters.merge(["label_libsvm": file, "label_shape": .integer(100)]) { $1 } }
            open("LibSVMIter", parameters)
        case .mnist:
            let images = input.take(input.number())
            open(
                "MNISTIter",
                [
                    "image": .string(FuzzFolder.write(images, to: "images")),
                    "label": .string(FuzzFolder.write(input.remainder(), to: "labels")), "flat": .bool(flag(0)),
                ])
        case .numpy:
            let file = FuzzFolder.write(input.remainder(), to: flag(0) ? "a.npz" : "a.npy")
            open("NDArrayIter", ["data": .string(file), "float32": .bool(flag(1))])
        }
    }

    private func open(_ name: String, _ parameters: [String: ParameterValue]) {
        let context = IteratorContext(
            maxPixels: 1 << 20, maxRecordBytes: 1 << 20, caches: CacheBudget(limitBytes: 1 << 20),
            decoded: DecodedCache(budget: CacheBudget(limitBytes: 1 << 20)))
        do throws(StreamError) {
            let kind = try IteratorCatalog.kind(named: name)
            let known = Set(kind.specs.map(\.name))
            let all = Self.basic.filter { known.contains($0.key) }.merging(parameters) { $1 }
            SourceExercise.run(try kind.open(all, context: context))
        } catch {
            expect(error.code != .badParameter && error.code != .unknownIterator, "the target is wrong: \(error)")
            expect(!error.message.isEmpty, "refused without a reason")
        }
    }
}
