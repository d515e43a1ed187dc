import DataTypes
import Foundation
import Iterators
import Pipeline
import TestSupport

/// Runs a case's program on our iterators, in process, and says how the result differs.
struct GoldenRunner {
    let root: String
    let pool: WorkerPool
    /// Of all cases, so that one finds what another has left in the cache.
    private let context = IteratorContext(decoded: DecodedCache(budget: CacheBudget(limitBytes: 256 << 20)))

    init(root: String, pool: WorkerPool) {
        self.root = root
        self.pool = pool
    }

    enum Outcome: Equatable {
        case same
        /// We refuse, or fail, where the reference gives data.
        case error(String)
        /// We give data where the reference fails.
        case noError
        case differs(String)
    }

    /// - Parameter options: parameters added to the case's own.
    func run(_ golden: GoldenCase, options: [String: String] = [:]) async throws -> Outcome {
        var expectedErrors = golden.expectsError
        do {
            let stream = try open(golden, options: options)
            defer { stream.close() }
            var differences: [String] = []
            for operation in golden.operations.isEmpty ? golden.program : golden.operations {
                expectedErrors = expectedErrors || operation["error"] != nil
                if let difference = try await perform(operation, of: golden, on: stream) {
                    differences.append(difference)
                }
                if operation["error"] != nil { return .noError }
            }
            if golden.expectsError { return .noError }
            return differences.first.map { .differs($0) } ?? .same
        } catch let error as StreamError {
            return expectedErrors ? .same : .error(error.description)
        }
    }

    private func open(_ golden: GoldenCase, options: [String: String]) throws(StreamError) -> PrefetchedStream {
        var parameters = golden.parameters.mapValues(Self.value)
        // MXNet's module is no part of our names.
        let name = golden.iterator.hasPrefix("image.") ? String(golden.iterator.dropFirst(6)) : golden.iterator
        let kind = try IteratorCatalog.kind(named: name)
        for name in kind.pathParameters {
            guard case .string(let paths)? = parameters[name], !paths.isEmpty, paths != "NULL" else { continue }
            parameters[name] = .string(
                paths.split(separator: ";").map { $0.contains("://") ? String($0) : root + "/" + $0 }.joined(
                    separator: ";"))
        }
        // Parts are cut by count unless MXNet's cut is asked for.
        let cutsByBytes = kind.specs.contains {
            if case .choice(let names) = $0.kind { $0.name == "partition" && names.contains("bytes") } else { false }
        }
        if parameters["num_parts"] != nil, cutsByBytes { parameters["partition"] = .string("bytes") }
        for (name, value) in options { parameters[name] = .string(value) }
        let source = try kind.open(parameters, context: context)
        return PrefetchedStream(
            source: source, start: BatchAddress(epoch: 0, step: 0), pool: pool, allocator: HeapSlabAllocator())
    }

    static func value(_ json: Any) -> ParameterValue {
        switch json {
        case let text as String: return .string(text)
        case let list as [Any]: return .list(list.map(value))
        case let number as NSNumber:
            if unsafe String(cString: number.objCType) == "c" { return .bool(number.boolValue) }
            if let whole = Int(number.stringValue) { return .integer(whole) }
            return .number(number.doubleValue)
        default: return .null
        }
    }

    /// Performs one operation; the difference to what it gave in the reference, or nil.
    private func perform(
        _ operation: [String: Any], of golden: GoldenCase, on stream: PrefetchedStream
    ) async throws -> String? {
        let name = operation["op"] as? String ?? ""
        switch name {
        case "reset":
            _ = stream.reset()
            return nil
        case "hard_reset":
            try stream.seek(to: BatchAddress(epoch: 0, step: 0))
            return nil
        case "epoch", "next":
            let expected = operation["batches"] as? [[String: Any]] ?? []
            let limit = name == "next" ? operation["n"] as? Int ?? expected.count : Int.max
            return try await compare(expected, limit: limit, golden: golden, stream: stream)
        default:
            throw GoldenError("\(golden.name): operation \(name)")
        }
    }

    private func compare(
        _ expected: [[String: Any]], limit: Int, golden: GoldenCase, stream: PrefetchedStream
    ) async throws -> String? {
        var ours: [BatchCopy] = []
        while ours.count < limit, case .batch(let batch) = try await stream.nextEvent() {
            ours.append(BatchCopy(batch))
        }
        guard ours.count == expected.count else { return "\(ours.count) batches, expected \(expected.count)" }
        if golden.toleranceClass == "order-informational" {
            return compareAsMultisets(expected, ours, golden: golden, stream: stream)
        }
        for (position, (batch, expectation)) in zip(ours, expected).enumerated() {
            if let difference = try compare(batch, expectation, golden: golden, stream: stream) {
                return "batch \(position): \(difference)"
            }
        }
        return nil
    }

    private func compare(
        _ batch: BatchCopy, _ expected: [String: Any], golden: GoldenCase, stream: PrefetchedStream
    ) throws -> String? {
        let layout = stream.info.layout
        // MXNet's v2 iterators report 0 for a batch whose last rows they never wrote; the rows that they did write count.
        let expectedPad = (expected["undefined_from"] as? Int).map { layout.batchSize - $0 } ?? expected["pad"] as? Int
        if batch.pad != expectedPad { return "pad \(batch.pad), expected \(expectedPad ?? -1)" }
        // Without rounding the rows behind the data are stale in the reference and zero here.
        let isRounded =
            stream.info.parameters["round_batch"] == .bool(true)
            || stream.info.parameters["last_batch_handle"] == .string("pad")
        let rows = isRounded ? layout.batchSize : layout.batchSize - batch.pad
        for role in [BatchLayout.Role.data, .label] {
            guard let json = (expected[role.rawValue] as? [[String: Any]])?.first,
                let position = layout.tensors.firstIndex(where: { $0.role == role })
            else { return "no \(role) expected" }
            let difference: String?
            if let members = json["csr"] as? [String: Any] {
                difference = try ExpectedMatrix(json: members, root: root).difference(
                    to: layout, batch.tensors, at: position)
            } else {
                difference = try ExpectedArray(json: json, root: root).difference(
                    to: layout.tensors[position].desc, batch.tensors[position], rows: rows,
                    tolerance: role == .data && golden.toleranceClass == "max-abs" ? golden.dataTolerance : 0)
            }
            if let difference { return "\(role): \(difference)" }
        }
        if Self.reportsIDs(golden), let index = expected["index"] as? [Int] {
            let mine = batch.index.prefix(rows).map { Int($0 & 0xFFFF_FFFF) }
            if mine != Array(index.prefix(rows)) { return "index \(mine), expected \(index)" }
        }
        return nil
    }

    /// The v2 image iterators and MNISTIter report zeros as index; the others the low 32 bits of the ids, those of text files the rows' numbers.
    private static func reportsIDs(_ golden: GoldenCase) -> Bool {
        golden.iterator.hasSuffix("_v1") || golden.iterator.hasPrefix("ImageDet")
            || ["CSVIter", "LibSVMIter"].contains(golden.iterator)
    }

    /// Ids, or else labels, tell the records of these cases apart; which of them come in an epoch must be equal, not their order.
    private func compareAsMultisets(
        _ expected: [[String: Any]], _ ours: [BatchCopy], golden: GoldenCase, stream: PrefetchedStream
    ) -> String? {
        var mine: [Double] = []
        var theirs: [Double] = []
        for (batch, expectation) in zip(ours, expected) {
            if Self.reportsIDs(golden), let index = expectation["index"] as? [Int] {
                mine += batch.index.prefix(stream.info.batchSize - batch.pad).map { Double($0 & 0xFFFF_FFFF) }
                theirs += index.prefix(index.count - (expectation["pad"] as? Int ?? 0)).map { Double($0) }
                continue
            }
            let labels = ExpectedArray.numbers(batch.tensors[1], .float32)
            mine += labels.prefix(stream.info.batchSize - batch.pad)
            let json = (expectation["label"] as? [[String: Any]])?.first ?? [:]
            let values = (json["values"] as? [NSNumber] ?? []).map(\.doubleValue)
            let pad = expectation["pad"] as? Int ?? 0
            theirs += values.prefix(expectation["undefined_from"] as? Int ?? values.count - pad)
        }
        return mine.sorted() == theirs.sorted() ? nil : "records \(mine.sorted()), expected \(theirs.sorted())"
    }
}
