import HeadraceClient
import TestSupport
import Testing

/// Batches that the Swift client maps.
struct SlotTests {
    private static let steps = 20

    /// Serves a table of numbers that count up, four rows a batch.
    private func withTable<R: Sendable>(
        _ body: (_ address: String, _ parameters: [String: HeadraceValue]) async throws -> R
    ) async throws -> R {
        let folder = try TemporaryFolder()
        let table = try folder.write((0..<80).map { "\($0),\($0).5\n" }.joined(), to: "t.csv")
        return try await withServer(["unix:\(folder.path)/s"], threads: 2, roots: [folder.path]) { addresses in
            try await body(
                addresses[0],
                ["data_csv": .string(table), "data_shape": 2, "batch_size": 4, "prefetch_buffer": 2])
        }
    }

    private func isRight(_ batch: HeadraceBatch) -> Bool {
        let tensor = batch.data[0]
        let values = tensor.span(as: Float.self)
        return (0..<4).allSatisfy { row in
            let number = Float(batch.step * 4 + row)
            return values[2 * row] == number && values[2 * row + 1] == number + 0.5
        }
    }

    @Test("mapped or received, with checksums or without: the same batches", arguments: [true, false], [true, false])
    func sameBatches(isShared: Bool, hasChecksums: Bool) async throws {
        try await withTable { address, parameters in
            var options = HeadraceOptions.patient
            options.sharesMemory = isShared
            options.checksums = hasChecksums
            let client = try await HeadraceClient.connect(address, options: options)
            let stream = try await client.open(iterator: "CSVIter", parameters: parameters)
            for epoch in 0..<3 {
                if epoch > 0 { try await stream.reset() }
                var count = 0
                for try await batch in stream {
                    #expect(isRight(batch) && batch.step == count)
                    // Only the address is taken out.
                    let address = unsafe batch.data[0].withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
                    #expect(ProcessMaps.isMemoryFile("headrace-slab", at: address) == isShared)
                    count += 1
                }
                #expect(count == Self.steps)
            }
            await client.close()
        }
    }

    @Test("whoever keeps every batch gets copies of those beyond the slots, and all stay as they are")
    func keepsAll() async throws {
        let kept = try await withTable { address, parameters in
            let client = try await HeadraceClient.connect(address, options: .patient)
            let stream = try await client.open(iterator: "CSVIter", parameters: parameters)
            var kept: [HeadraceBatch] = []
            for try await batch in stream { kept.append(batch) }
            #expect(kept.count == Self.steps && kept.allSatisfy(isRight))
            try await stream.close()
            // Another stream on the same connection has slots of its own.
            let other = try await client.open(iterator: "CSVIter", parameters: parameters)
            for _ in 0..<3 {
                for try await batch in other { #expect(isRight(batch)) }
                try await other.reset()
            }
            await client.close()
            return kept
        }
        #expect(kept.allSatisfy(isRight))
    }

    @Test("batches that are dropped by a seek come back to the server")
    func seeks() async throws {
        try await withTable { address, parameters in
            let client = try await HeadraceClient.connect(address, options: .patient)
            let stream = try await client.open(iterator: "CSVIter", parameters: parameters)
            for round in 0..<50 {
                try await stream.seek(epoch: round % 3, step: round % Self.steps)
                let batch = try #require(try await stream.next())
                #expect(batch.step == round % Self.steps && isRight(batch))
            }
            await client.close()
        }
    }
}
