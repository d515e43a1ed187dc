package import DataTypes

/// The parameters that every iterator over records has: batches, parts, order, and what to do with bad records.
package struct BatchingParameters: Sendable {
    package enum Partition: String, CaseIterable { case count, bytes, global }

    package let batchSize: Int
    package let roundsBatch: Bool
    package let prefetch: Int
    package let numParts: Int
    package let partIndex: Int
    package let partition: Partition
    package let hasEvenParts: Bool
    package let shuffles: Bool
    package let seed: Int64
    /// Chunk size in MiB, 0 for none.
    package let chunkMebibytes: Int
    package let chunkSeed: Int64
    package let badRecordPolicy: BadRecordPolicy
    package let dataName: String
    package let labelName: String
    /// What happens at the end of the data, for iterators that have another parameter than `round_batch` for it.
    package private(set) var rounding: EpochPlan.Rounding?
    package var repeatsOrder = false

    package static let specs: [ParameterSpec] = [
        ParameterSpec("batch_size", .integer(1...1_048_576), default: nil, "Samples in a batch."),
        ParameterSpec(
            "round_batch", .bool, default: .bool(true),
            "Fills the last batch from the start of the data; without shuffle the next epoch begins behind what was taken."
        ),
        ParameterSpec(
            "prefetch_buffer", .integer(1...1024), default: .integer(4),
            "Batches made ready ahead of the consumer, at most: fewer, and less memory, when more would not help."),
        ParameterSpec("num_parts", .integer(1...1_048_576), default: .integer(1), "Parts the data is split into."),
        ParameterSpec("part_index", .integer(.atLeast(0)), default: .integer(0), "The part to read, from 0."),
        ParameterSpec(
            "partition", .choice(Partition.allCases.map(\.rawValue)), default: .string("count"),
            "How parts are cut: by count of records, by bytes as MXNet does, or global (slices of every global batch)."),
        ParameterSpec(
            "even_parts", .bool, default: .bool(false),
            "Gives every part as many batches as the largest has; the filling counts in pad."),
        ParameterSpec("shuffle", .bool, default: .bool(false), "Permutes all records of the part, anew every epoch."),
        ParameterSpec(
            "seed", .integer(.all), default: .integer(0),
            "Seed of the order and, unless seed_aug is given, of augmentation."),
        ParameterSpec(
            "shuffle_chunk_size", .integer(0...1_048_576), default: .integer(0),
            "Permutes chunks of about this many MiB instead of records, for slow disks; with shuffle, records inside too."
        ),
        ParameterSpec("shuffle_chunk_seed", .integer(.all), default: .integer(0), "Seed of the order of chunks."),
        ParameterSpec(
            "on_bad_record", .choice(BadRecordPolicy.allCases.map(\.rawValue)), default: .string("error"),
            "What a record that cannot be delivered does: ends the epoch, is left out, or is replaced by another."),
        ParameterSpec("data_name", .string, default: .string("data"), "Name of the data tensor."),
        ParameterSpec("label_name", .string, default: .string("softmax_label"), "Name of the label tensor."),
    ]

    /// Parameters that change what is said of a batch or how fast it comes, and no byte of it.
    package static let presentation: Set<String> = ["prefetch_buffer", "data_name", "label_name"]

    package init(_ values: ParameterValues) throws(ParameterError) {
        batchSize = values.integer("batch_size")
        // Iterators without it set `rounding`.
        roundsBatch = values.values["round_batch"] == .bool(true)
        prefetch = values.integer("prefetch_buffer")
        numParts = values.integer("num_parts")
        partIndex = values.integer("part_index")
        // The choices are those of the enumerations.
        partition = Partition(rawValue: values.string("partition"))!
        badRecordPolicy = BadRecordPolicy(rawValue: values.string("on_bad_record"))!
        hasEvenParts = values.bool("even_parts")
        shuffles = values.bool("shuffle")
        seed = Int64(values.integer("seed"))
        chunkMebibytes = values.integer("shuffle_chunk_size")
        chunkSeed = Int64(values.integer("shuffle_chunk_seed"))
        dataName = values.string("data_name")
        labelName = values.string("label_name")
        guard partIndex < numParts else {
            throw .outOfRange(
                name: "part_index", value: String(partIndex), allowed: "0 to \(numParts - 1), below num_parts")
        }
        for (name, value) in [("data_name", dataName), ("label_name", labelName)] {
            guard (1...128).contains(value.utf8.count) else {
                throw .outOfRange(name: name, value: "'\(value.prefix(40))'", allowed: "1 to 128 bytes of text")
            }
        }
        // Rows are counted over as many epochs as a position can name; a larger group would make that count overflow.
        guard partition != .global || batchSize * numParts <= EpochPlan.maxGroup else {
            throw .conflict(
                names: ["batch_size", "num_parts"], reason: "a global batch has at most \(EpochPlan.maxGroup) samples")
        }
        guard dataName != labelName, dataName != "index", labelName != "index" else {
            throw .conflict(
                names: ["data_name", "label_name"],
                reason: "tensors of a batch need different names, and 'index' is taken")
        }
    }

    /// Takes the parameter `last_batch_handle`, one of `pad`, `discard` and `roll_over`, in the place of `round_batch`.
    package mutating func endsEpochs(as lastBatchHandle: String) throws(ParameterError) {
        let roundings: [String: EpochPlan.Rounding] = ["pad": .whole, "discard": .drop, "roll_over": .rollOver]
        // The specs allow nothing else.
        rounding = roundings[lastBatchHandle]!
        guard rounding != .rollOver || !hasEvenParts else {
            throw .conflict(
                names: ["last_batch_handle", "even_parts"],
                reason: "parts are evened out with filler, and roll_over delivers none")
        }
    }

    /// The order of a run over `recordCount` records of `byteCount` bytes.
    ///
    /// - Parameter bytePart: MXNet's byte range of a part as ordinals; called when `partition` is `bytes`.
    package func epochPlan(
        recordCount: Int, byteCount: UInt64, bytePart: (_ part: Int) -> Range<Int>
    ) -> EpochPlan {
        func records(of part: Int) -> Range<Int> {
            switch partition {
            case .count: recordCount * part / numParts..<recordCount * (part + 1) / numParts
            case .bytes: bytePart(part)
            case .global: 0..<recordCount
            }
        }
        func largestPart() -> Int {
            switch partition {
            case .count: (recordCount + numParts - 1) / numParts
            // Only ranges of bytes have to be looked at one by one.
            case .bytes: (0..<numParts).reduce(0) { max($0, bytePart($1).count) }
            case .global: recordCount
            }
        }
        let largest = hasEvenParts || chunkMebibytes > 0 ? largestPart() : 0
        // By the largest part, so that all parts have the same kind of order, and with it the same kind of epoch.
        let order = order(of: largest, byteCount: byteCount, recordCount: recordCount)
        let rounding: EpochPlan.Rounding =
            rounding ?? (!roundsBatch ? .zeroFill : order == .sequential ? .carryOver : .whole)
        return EpochPlan(
            records: records(of: partIndex), evenedTo: hasEvenParts ? largest : nil, batchSize: batchSize,
            globalParts: partition == .global ? (numParts, partIndex) : nil, rounding: rounding, order: order,
            seed: seed, chunkSeed: chunkSeed, repeatsOrder: repeatsOrder)
    }

    private func order(of largestPart: Int, byteCount: UInt64, recordCount: Int) -> EpochPlan.Order {
        if chunkMebibytes > 0, recordCount > 0 {
            let bytesPerRecord = max(1, byteCount / UInt64(recordCount))
            let records = max(1, (UInt64(chunkMebibytes) << 20) / bytesPerRecord)
            if records < UInt64(largestPart) { return .chunked(records: Int(records), inside: shuffles) }
        }
        return shuffles ? .shuffled : .sequential
    }

    /// What decides bytes, as text for the spec's hash: the values in normal form but for the names in `unhashed`. Under a
    /// global partition the number of parts decides nothing: the global batch does.
    package func canonicalText(_ values: ParameterValues, without unhashed: Set<String>) -> String {
        let cut = partition == .global ? unhashed.union(["batch_size", "num_parts", "part_index"]) : unhashed
        let kept = values.values.filter { !cut.contains($0.key) }.sorted { $0.key < $1.key }
        let group = partition == .global ? "global_batch=\(batchSize * numParts)\n" : ""
        return group + kept.map { "\($0.key)=\($0.value)\n" }.joined()
    }
}
