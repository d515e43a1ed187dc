import DataTypes
import Iterators
import RecordIO
import TestSupport
import Testing

@Suite("RecordIter", .timeLimit(.minutes(10))) struct RawRecordTests {
    @Test("a row is the record and zeros, also behind longer records in the same memory", arguments: [1, 4])
    func rows(threads: Int) async throws {
        let fixture = try RawRecordFixture()
        // The fewest slabs, so that each is used many times, for records in another order each time.
        let parameters: [String: ParameterValue] = ["shuffle": .bool(true), "prefetch_buffer": .integer(1)]
        let epochs = try await fixture.epochs(parameters, threads: threads, count: 5)
        let room = (fixture.records.map(\.count).max()! + 3) / 4 * 4
        for batch in epochs.joined() {
            for (row, index) in batch.index.enumerated() {
                let record = index == .max ? [] : fixture.records[Int(index)]
                #expect(batch.rawLengths[row] == record.count)
                let bytes = batch.rawRow(row)
                #expect(bytes.count >= room)
                #expect(bytes == record + [UInt8](repeating: 0, count: bytes.count - record.count))
            }
        }
        for epoch in epochs {
            #expect(epoch.map(\.pad) == [0, 0, 0, 0, 0, 1])
            #expect(epoch.flatMap { $0.index.dropLast($0.pad) }.sorted() == Array(0..<23))
        }
        #expect(Set(epochs.map { $0.flatMap(\.index) }).count == 5)
        #expect(try await fixture.epochs(parameters, threads: 3, count: 5) == epochs)
    }

    @Test("every epoch is whole by default; the rest of the last batch is empty rows")
    func wholeEpochs() async throws {
        let fixture = try RawRecordFixture(count: 6)
        let epochs = try await fixture.epochs(count: 2)
        for epoch in epochs {
            #expect(epoch.map(\.index) == [[0, 1, 2, 3], [4, 5, .max, .max]])
            #expect(epoch[1].pad == 2 && epoch[1].rawLengths.suffix(2) == [0, 0])
            #expect(epoch[1].rawRow(3).allSatisfy { $0 == 0 })
            #expect(epoch.flatMap(\.rawRecords) == fixture.records)
        }
    }

    @Test("with round_batch the last batch is filled from the start, and the next epoch begins behind the filling")
    func rounded() async throws {
        let epochs = try await RawRecordFixture(count: 6).epochs(["round_batch": .bool(true)], count: 2)
        #expect(epochs.map { $0.map(\.index) } == [[[0, 1, 2, 3], [4, 5, 0, 1]], [[2, 3, 4, 5]]])
        #expect(epochs[0][1].pad == 2)
    }

    @Test(
        "parts are disjoint and cover the data, however they are cut", arguments: [1, 2, 3, 7],
        ["count", "bytes", "global"])
    func parts(numParts: Int, partition: String) async throws {
        let fixture = try RawRecordFixture()
        var seen: [UInt64] = []
        for part in 0..<numParts {
            let epoch = try await fixture.epochs([
                "num_parts": .integer(numParts), "part_index": .integer(part), "partition": .string(partition),
                "shuffle": .bool(true),
            ])[0]
            seen += epoch.flatMap { $0.index.dropLast($0.pad) }
        }
        #expect(seen.sorted() == Array(0..<23))
    }

    @Test("even parts have as many batches each")
    func evenParts() async throws {
        let fixture = try RawRecordFixture()
        for part in 0..<3 {
            let epoch = try await fixture.epochs([
                "num_parts": .integer(3), "part_index": .integer(part), "even_parts": .bool(true),
                "batch_size": .integer(1),
            ])[0]
            #expect(epoch.count == 8)
            #expect(epoch.count { $0.pad == 0 } == [7, 8, 8][part])
        }
    }

    @Test("seeking to any step gives what an uninterrupted run had there")
    func seek() async throws {
        let fixture = try RawRecordFixture()
        let parameters: [String: ParameterValue] = ["shuffle": .bool(true), "seed": .integer(9)]
        let whole = try await fixture.epochs(parameters, count: 3)
        try await fixture.withStream(parameters) { stream in
            for (epoch, step) in [(2, 5), (0, 0), (1, 3), (1, 6), (0, 2)] {
                try stream.seek(to: BatchAddress(epoch: epoch, step: step))
                #expect(try await stream.restOfEpoch() == Array(whole[epoch][step...]))
            }
        }
    }

    @Test("several files are one data set, and a pattern finds them")
    func severalFiles() async throws {
        let fixture = try RawRecordFixture(count: 5)
        var writer = try RecordWriter(path: fixture.folder.path + "/s.rec")
        try writer.write([7, 8, 9].span)
        try writer.finish()
        let epoch = try await fixture.epochs(["path_rec": .string(fixture.folder.path + "/*.rec")])[0]
        #expect(epoch.flatMap(\.rawRecords) == fixture.records + [[7, 8, 9]])
        #expect(epoch.flatMap { $0.index.dropLast($0.pad) } == Array(0..<6))
    }

    @Test("a file that a pattern comes to is opened only when the client may read it")
    func authorisation() throws {
        let fixture = try RawRecordFixture(count: 2)
        let context = IteratorContext(authorise: { path, parameter throws(StreamError) in
            throw StreamError(.forbiddenPath, "\(parameter) \(path)")
        })
        let error = #expect(throws: StreamError.self) {
            try fixture.open(["path_rec": .string(fixture.folder.path + "/*.rec")], context: context)
        }
        #expect(error?.message == "path_rec \(fixture.path)")
    }
}
