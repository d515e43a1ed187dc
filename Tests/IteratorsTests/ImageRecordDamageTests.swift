import DataTypes
import Iterators
import TestSupport
import Testing

/// What bad records do under each policy, on files that are really damaged.
struct ImageRecordDamageTests {
    @Test("error: the epoch ends with the record's file, offset and reason")
    func error() async throws {
        let fixture = try RecordFixture(count: 8, damaged: [5])
        let error = await #expect(throws: StreamError.self) { _ = try await fixture.epoch() }
        #expect(error?.code == .badRecord)
        #expect(error?.message.contains("data.rec, record 5 at byte ") == true, "\(error?.message ?? "")")
    }

    @Test("skip: rows close up, pad counts the loss, the rest is as ever")
    func skip() async throws {
        let whole = try await RecordFixture(count: 8).epoch()
        let fixture = try RecordFixture(count: 8, damaged: [1, 5, 7])
        let epoch = try await fixture.epoch(["on_bad_record": .string("skip")])
        #expect(epoch.map(\.pad) == [1, 2])
        #expect(epoch.map(\.index) == [[100, 102, 103, .max], [104, 106, .max, .max]])
        #expect(epoch.map { $0.badRecords.map(\.ordinal) } == [[1], [5, 7]])
        #expect(epoch[0].labels == [100, 102, 103, 0])
        let size = whole[0].tensors[0].count / 4
        #expect(epoch[0].tensors[0][size..<2 * size] == whole[0].tensors[0][2 * size..<3 * size])
        #expect(epoch[0].tensors[0][(3 * size)...].allSatisfy { $0 == 0 })
    }

    @Test("substitute: the batch stays full of good records, the same ones on any number of threads")
    func substitute() async throws {
        let fixture = try RecordFixture(count: 8, damaged: [1, 5, 7])
        let more: [String: ParameterValue] = ["on_bad_record": .string("substitute"), "rand_mirror": .bool(true)]
        let epoch = try await fixture.epoch(more)
        #expect(epoch.map(\.pad) == [0, 0])
        let good: Set<UInt64> = [100, 102, 103, 104, 106]
        #expect(Set(epoch.flatMap(\.index)).isSubset(of: good))
        #expect(epoch.flatMap(\.badRecords).count == 3)
        #expect(try await fixture.epochs(1, of: "ImageRecordIter", more, threads: 8)[0] == epoch)
    }

    @Test("a file with a ruined record is refused under error, and served around it under skip")
    func ruinedFraming() async throws {
        let fixture = try RecordFixture(count: 6)
        var bytes = try fixture.folder.read("data.rec")
        let line = String(decoding: try fixture.folder.read("data.idx"), as: UTF8.self).split(separator: "\n")[2]
        let offset = Int(line.split(separator: "\t")[1])!
        bytes[offset] ^= 0xFF
        try fixture.folder.write(bytes, to: "data.rec")
        let error = #expect(throws: StreamError.self) { try fixture.open() }
        #expect(error?.code == .badData && error?.message.contains("data.rec") == true)
        let epoch = try await fixture.epoch(["on_bad_record": .string("skip"), "round_batch": .bool(false)])
        #expect(epoch.flatMap(\.ids) == [100, 101, 103, 104, 105])
        #expect(epoch.last?.pad == 3)
        #expect(try !fixture.open("ImageRecordIter", ["on_bad_record": .string("skip")]).info.warnings.isEmpty)
    }

    @Test("a label of another width is a bad record, not a wrong label", arguments: [(1, 2), (3, 2), (2, 1)])
    func labelWidth(written: Int, asked: Int) async throws {
        let fixture = try RecordFixture(count: 4, labelWidth: written)
        let batch = try await fixture.epoch(["label_width": .integer(asked), "on_bad_record": .string("skip")])[0]
        #expect(batch.pad == 4 && batch.badRecords.map(\.reason) == Array(repeating: "bad_label", count: 4))
    }

    @Test("in a ruined data set the loss is counted whole and described in part")
    func everythingBad() async throws {
        let fixture = try RecordFixture(count: 1500, labelWidth: 2)
        let more: [String: ParameterValue] = ["on_bad_record": .string("skip"), "batch_size": .integer(1500)]
        for threads in [1, 4] {
            let batch = try await fixture.epochs(1, of: "ImageRecordIter", more, threads: threads)[0][0]
            #expect(batch.pad == 1500)
            #expect(batch.badRecords.map(\.ordinal) == Array(0..<256))
        }
    }
}
