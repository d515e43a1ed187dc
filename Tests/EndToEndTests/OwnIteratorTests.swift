import DataTypes
import ExampleIterator
import Foundation
import HeadraceClient
import Iterators
import TestSupport
import Testing

/// The example of an iterator of one's own, served: what the how-to promises of it.
struct OwnIteratorTests {
    private static let kinds = IteratorCatalog.all + [CIFARSource.kind]
    private static let count = 23
    private let folder: TemporaryFolder

    /// Two files of pictures of six bytes, all of them the row's number; the label is that number too.
    init() throws {
        folder = try TemporaryFolder()
        let rows = (0..<UInt8(Self.count)).map { [UInt8](repeating: $0, count: 7) }
        try folder.write(Array(rows[..<9].joined()), to: "data/a.bin")
        try folder.write(Array(rows[9...].joined()), to: "data/b.bin")
    }

    private var files: String { "\(folder.path)/data/a.bin;\(folder.path)/data/b.bin" }

    private func parameters(_ more: [String: HeadraceValue] = [:]) -> [String: HeadraceValue] {
        let basic: [String: HeadraceValue] = [
            "path_bin": .string(files), "data_shape": "(1,2,3)", "batch_size": 4, "shuffle": true, "seed": 5,
        ]
        return basic.merging(more) { $1 }
    }

    private func served<R: Sendable>(_ body: (HeadraceClient) async throws -> R) async throws -> R {
        try await withServer(
            ["unix:\(folder.path)/s"], threads: 2, roots: [folder.path + "/data"], kinds: Self.kinds
        ) { bound in
            let client = try await HeadraceClient.connect(bound[0], options: .patient)
            let result = try await body(client)
            await client.close()
            return result
        }
    }

    private func rest(_ stream: HeadraceStream) async throws -> [BatchCopy] {
        var result: [BatchCopy] = []
        while let batch = try await stream.next() { result.append(BatchCopy(batch)) }
        return result
    }

    @Test("over a socket it has parts, shuffle and resuming, and says true things")
    func served() async throws {
        try await served { client in
            var seen: [UInt64] = []
            for part in 0..<3 {
                let stream = try await client.open(
                    iterator: "CIFARIter",
                    parameters: parameters(["num_parts": 3, "part_index": .integer(part), "round_batch": false]))
                let batches = try await rest(stream)
                #expect(batches.count == stream.stepsPerEpoch)
                for batch in batches {
                    for row in 0..<4 - batch.pad {
                        let number = UInt8(batch.index[row])
                        #expect(batch.tensors[0][6 * row..<6 * row + 6].allSatisfy { $0 == number })
                        seen.append(batch.index[row])
                    }
                }
                try await stream.close()
            }
            #expect(seen.sorted() == (0..<UInt64(Self.count)).map { $0 } && seen != seen.sorted())

            let first = try await client.open(iterator: "CIFARIter", parameters: parameters())
            for _ in 0..<2 { _ = try await first.next() }
            let token = first.token
            let expected = try await rest(first)
            try await first.close()
            let second = try await client.open(iterator: "CIFARIter", parameters: parameters(), token: token)
            #expect(try await rest(second) == expected && expected.count == 4)
        }
    }

    @Test("wrong parameters, paths and data are refused, saying what is wrong")
    func refusals() async throws {
        try folder.write([0], to: "outside.bin")
        try await served { client in
            for (changes, words) in [
                (["label_widht": 1], "did you mean 'label_width'"), (["num_classes": 257], "1 to 256"),
                (["data_shape": "(3,9000,1)"], "1 to 4096"), (["data_shape": "(1,2,4)"], "no whole rows of 9"),
                (["path_bin": .string(folder.path + "/outside.bin")], "outside.bin"),
                (["path_bin": .string(folder.path + "/data/none.bin")], "none.bin"),
            ] as [([String: HeadraceValue], String)] {
                let error = await #expect(throws: HeadraceError.self) {
                    _ = try await client.open(iterator: "CIFARIter", parameters: parameters(changes))
                }
                #expect(error.map { "\($0)" }?.contains(words) == true, "\(String(describing: error))")
            }
        }
    }

    @Test(
        "from Python it is the same",
        .enabled(if: OwnIteratorTests.hasPython, "python3 with NumPy is not installed"))
    func python() async throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/PythonClient")
        let script = """
            import sys
            sys.path.insert(0, sys.argv[1])
            import headrace
            client = headrace.connect(sys.argv[2])
            stream = client.open(
                iterator="CIFARIter", path_bin=sys.argv[3], data_shape=(1, 2, 3), batch_size=4, shuffle=True, seed=5)
            for batch in headrace.io.MXDataIter(stream):
                assert (batch.data[0][:, 0, 1, 2] == batch.label[0]).all() and batch.data[0].shape == (4, 1, 2, 3)
                print(*batch.index.tolist(), *batch.label[0].astype(int).tolist())
            """
        let lines = try await served { client in
            let stream = try await client.open(iterator: "CIFARIter", parameters: parameters())
            let expected = try await rest(stream).map { batch in
                (batch.index + batch.index).map(String.init).joined(separator: " ")
            }
            let output = try await Self.run(
                ["-c", script, package.path, "unix:\(folder.path)/s", files])
            return (output.split(separator: "\n").map(String.init), expected)
        }
        #expect(lines.0 == lines.1 && lines.1.count == 6)
    }

    private static let hasPython = (try? runAndWait(["-c", "import numpy"])) != nil

    /// What python3 prints.
    private static func run(_ arguments: [String]) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            // The process is waited for; that is no work for a task's thread.
            Thread.detachNewThread { continuation.resume(with: Result { try runAndWait(arguments) }) }
        }
    }

    private static func runAndWait(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-B"] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return text
    }
}
