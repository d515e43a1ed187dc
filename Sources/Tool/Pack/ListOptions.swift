import ArgumentParser

/// How a list is made: the first half of `tools/im2rec.py`'s options, with its names and defaults.
struct ListOptions: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "Endings of the files that are pictures.")
    var exts = [".jpeg", ".jpg", ".png"]

    @Option(help: "The number of parts the list is divided into.") var chunks = 1
    @Option(name: .customLong("train-ratio"), help: "The share of the pictures to train with.") var trainRatio = 1.0
    @Option(name: .customLong("test-ratio"), help: "The share of the pictures to test with.") var testRatio = 0.0

    @Flag(help: "Go through sub-folders too and give the pictures of each a label of its own.") var recursive = false
    @Flag(name: .customLong("no-shuffle"), help: "Leave the list in the order of the names.") var noShuffle = false
    @Option(help: "Seed of the shuffling, as for Python's random.seed.") var seed: UInt64 = 100

    func validate() throws {
        for suffix in exts where !suffix.hasPrefix(".") || suffix.count < 2 {
            throw ValidationError("--exts: '\(suffix)' is no ending; write '.\(suffix.drop { $0 == "." })'")
        }
        guard (1...1_000_000).contains(chunks) else { throw ValidationError("--chunks must be 1 to 1000000") }
        guard (0...1).contains(trainRatio), (0...1).contains(testRatio), trainRatio + testRatio < 1 + 1e-9 else {
            throw ValidationError("--train-ratio and --test-ratio must be 0 to 1, and together not more than 1")
        }
    }

    /// Lists the pictures under `root`.
    ///
    /// - Returns: the lists, and the folder of each label; nil unless recursive.
    func makeLists(prefix: String, root: String) throws -> (lists: [PackList], classes: [String]?) {
        let tree = try ImageTree(
            root: root, suffixes: Set(exts.map { $0.lowercased() }), isRecursive: recursive)
        for warning in tree.warnings { report("warning: \(warning)") }
        guard !tree.images.isEmpty else {
            throw ToolError(
                "there is no picture (\(exts.joined(separator: ", "))) in '\(root)'"
                    + (recursive ? "" : "; use --recursive if they are in sub-folders"))
        }
        var order = Array(tree.images.indices)
        if !noShuffle {
            var random = MersenneTwister(seed: seed)
            random.shuffle(&order)
        }
        let split = ListSplit(chunks: chunks, trainRatio: trainRatio, testRatio: testRatio)
        let lists = split.parts(of: order.count).map { suffix, rows in
            var bytes: [UInt8] = []
            for number in order[rows] {
                let image = tree.images[number]
                bytes.append(contentsOf: "\(number)\t\(image.label).000000\t\(image.path)\n".utf8)
            }
            return PackList(stem: prefix + suffix, bytes: bytes, isNew: true)
        }
        return (lists, recursive ? tree.classes : nil)
    }
}
