import DataTypes
import Foundation
import HeadraceClient
import HeadraceInProcess
import TestSupport

/// Runs a reference case of `ResizeIter` or `PrefetchingIter` over streams of this process, and says how the result differs.
struct CompositionRunner {
    let root: String
    let pipeline: HeadracePipeline

    enum Outcome: String {
        case same, error, data, differs
    }

    /// What differs.
    private struct Difference: Error {
        let text: String
    }

    /// - Parameter options: parameters of the streams beside the case's own.
    func run(_ golden: GoldenCase, options: [String: HeadraceValue] = [:]) async throws -> (Outcome, String) {
        let fails = golden.expectsError || golden.operations.contains { $0["error"] != nil }
        do {
            let iterator = try await make(golden.json, options)
            try compareProvided(iterator, golden)
            for operation in golden.operations.isEmpty ? golden.program : golden.operations {
                try await perform(operation, on: iterator, of: golden)
            }
            return fails ? (.data, "") : (.same, "")
        } catch let error as HeadraceError {
            return fails ? (.same, "") : (.error, "\(error)")
        } catch let difference as Difference {
            return fails ? (.data, "") : (.differs, difference.text)
        }
    }

    /// The iterator of a case, or one inside it.
    private func make(
        _ spec: [String: Any], _ options: [String: HeadraceValue]
    ) async throws -> any BatchIterating {
        let name = spec["iterator"] as? String ?? ""
        let parameters = spec["params"] as? [String: Any] ?? [:]
        switch name {
        case "ResizeIter":
            let source = try await make(parameters["data_iter"] as? [String: Any] ?? [:], options)
            return try ResizeIter(
                source, size: parameters["size"] as? Int ?? -1,
                resetInternal: parameters["reset_internal"] as? Bool ?? true)
        case "PrefetchingIter":
            var iterators: [any BatchIterating] = []
            for each in parameters["iters"] as? [[String: Any]] ?? [] {
                iterators.append(try await make(each, options))
            }
            return try PrefetchingIter(
                iterators, renameData: parameters["rename_data"] as? [[String: String]],
                renameLabel: parameters["rename_label"] as? [[String: String]])
        default:
            let own = parameters.mapValues(value).filter { $0.value != .null }
            return try await pipeline.open(
                iterator: name, parameters: name == "NDArrayIter" ? own.merging(options) { $1 } : own)
        }
    }

    private func value(_ json: Any) -> HeadraceValue {
        switch json {
        case let text as String: return .string(text.hasPrefix("in/") ? root + "/" + text : text)
        case let list as [Any]: return .list(list.map(value))
        case let array as [String: Any]:
            if let path = array["npy"] as? String { return .string(root + "/" + path) }
            return .list(array.sorted { $0.key < $1.key }.map { .list([.string($0.key), value($0.value)]) })
        case let number as NSNumber:
            if unsafe String(cString: number.objCType) == "c" { return .bool(number.boolValue) }
            return Int(number.stringValue).map(HeadraceValue.integer) ?? .number(number.doubleValue)
        default: return .null
        }
    }

    /// Layouts are not compared: MXNet gives all of them as NCHW.
    private func compareProvided(_ iterator: any BatchIterating, _ golden: GoldenCase) throws {
        for (role, provided) in [("provide_data", iterator.provideData), ("provide_label", iterator.provideLabel)] {
            guard let expected = golden.expect[role] as? [[String: Any]] else { continue }
            let found = provided.map { "\($0.name) \($0.shape) \($0.elementType.rawValue)" }
            let wanted = expected.map { "\($0["name"] ?? "") \($0["shape"] as? [Int] ?? []) \($0["dtype"] ?? "")" }
            if found != wanted { throw Difference(text: "\(role) is \(found), expected \(wanted)") }
        }
    }

    private func perform(
        _ operation: [String: Any], on iterator: any BatchIterating, of golden: GoldenCase
    ) async throws {
        switch operation["op"] as? String {
        case "reset": try await iterator.reset()
        case "epoch", "next":
            let expected = operation["batches"] as? [[String: Any]] ?? []
            let limit = operation["n"] as? Int ?? Int.max
            var found: [HeadraceBatch] = []
            while found.count < limit, let batch = try await iterator.next() { found.append(batch) }
            guard found.count == expected.count else {
                throw Difference(text: "\(found.count) batches, expected \(expected.count)")
            }
            for (position, (batch, wanted)) in zip(found, expected).enumerated() {
                if let difference = try difference(batch, wanted) {
                    throw Difference(text: "batch \(position): \(difference)")
                }
            }
        default: throw GoldenError("\(golden.name): operation \(operation["op"] ?? "")")
        }
    }

    private func difference(_ batch: HeadraceBatch, _ expected: [String: Any]) throws -> String? {
        if batch.pad != expected["pad"] as? Int { return "pad \(batch.pad), expected \(expected["pad"] ?? "")" }
        let index = expected["index"] as? [Int]
        // Rows behind the data are stale in the reference when the iterator is not NDArrayIter and does not round.
        let rows = index.map { $0.count - batch.pad }
        for (role, tensors) in [("data", batch.data), ("label", batch.label)] {
            let wanted = expected[role] as? [[String: Any]] ?? []
            guard tensors.count == wanted.count else { return "\(tensors.count) \(role), expected \(wanted.count)" }
            for (tensor, json) in zip(tensors, wanted) {
                guard let type = ElementType(rawValue: tensor.description.elementType.rawValue) else { return "a type" }
                let desc = DataDesc(
                    name: tensor.description.name, shape: tensor.shape, elementType: type, layout: "N")
                let bytes = unsafe tensor.withUnsafeBytes { unsafe Array($0) }
                let difference = try ExpectedArray(json: json, root: root).difference(
                    to: desc, bytes, rows: rows ?? tensor.shape[0], tolerance: 0)
                if let difference { return "\(role): \(difference)" }
            }
        }
        guard let index, let rows else { return nil }
        let ids = batch.index
        let found = (0..<rows).map { Int(ids.span(as: UInt64.self)[$0]) }
        return found == Array(index.prefix(rows)) ? nil : "index \(found), expected \(index)"
    }
}
