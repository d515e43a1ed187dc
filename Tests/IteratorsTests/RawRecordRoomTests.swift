import DataTypes
import Iterators
import TestSupport
import Testing

@Suite("RecordIter's rows, headers and refusals", .timeLimit(.minutes(10))) struct RawRecordRoomTests {
    private static let labelled: [[Float]?] = [nil, [4], nil]
    private static let payloads: [[UInt8]] = [[1, 2, 3], [], [5, 6, 7, 8, 9]]

    @Test(
        "without max_record_bytes a row has room for the largest record, with an .idx file and without",
        arguments: [
            ([0], 1), ([1], 4), ([4], 4), ([5, 1000, 3], 1000), ([5, 1001, 3], 1004),
        ], [false, true])
    func defaultRoom(_ lengths: ([Int], room: Int), isIndexed: Bool) throws {
        let fixture = try RawRecordFixture(lengths.0.map { [UInt8](repeating: 7, count: $0) })
        let info = try fixture.open(isIndexed ? ["path_idx": .string(fixture.indexPath)] : [:]).info
        #expect(
            info.provideData == [
                DataDesc(name: "data", shape: [4, lengths.room], elementType: .uint8, layout: "NC"),
                DataDesc(name: "length", shape: [4], elementType: .int64, layout: "N"),
            ])
        #expect(info.provideLabel.isEmpty && info.recordCount == lengths.0.count)
        #expect(info.parameters["max_record_bytes"] == .integer(lengths.room))
    }

    @Test("room is taken for no record that the daemon would not read")
    func boundedRoom() throws {
        let fixture = try RawRecordFixture([[1], [UInt8](repeating: 7, count: 5000)])
        let context = IteratorContext(maxRecordBytes: 2000)
        // Of the sizes an .idx file knows nothing, so that the long record is in the data set until it is read.
        let info = try fixture.open(["path_idx": .string(fixture.indexPath)], context: context).info
        #expect(info.provideData[0].shape == [4, 2000])
    }

    @Test("the room of a row counts in the spec, whether it was given or found; paths do not")
    func hashes() throws {
        let fixture = try RawRecordFixture([[1, 2, 3, 4], [5]])
        let found = try fixture.open().info
        let given = try fixture.open([
            "max_record_bytes": .integer(4), "path_idx": .string(fixture.indexPath), "prefetch_buffer": .integer(9),
        ]).info
        #expect(given.specHash == found.specHash && given.manifestHash == found.manifestHash)
        let wider = try fixture.open(["max_record_bytes": .integer(8)]).info
        #expect(wider.specHash != found.specHash && wider.manifestHash == found.manifestHash)
        let byBytes = try [[:], ["path_idx": .string(fixture.indexPath)]].map { changes in
            try fixture.open(changes.merging(["partition": .string("bytes")]) { $1 }).info.specHash
        }
        #expect(byBytes[0] != byBytes[1])
        let seeded = try fixture.open(["seed": .integer(1)]).info
        #expect(seeded.specHash != found.specHash)
    }

    @Test("header=strip gives the label, the id and what is behind the header")
    func stripped() async throws {
        let fixture = try RawRecordFixture(labels: Self.labelled, payloads: Self.payloads)
        let batch = try await fixture.epochs(["header": .string("strip")])[0][0]
        #expect(batch.rawRecords == Self.payloads)
        #expect(batch.index == [1000, 1001, 1002, .max])
        #expect(batch.rawLabels == [0, 4, 1, 0] && batch.pad == 1)
        let info = try fixture.open(["header": .string("strip"), "label_name": .string("y")]).info
        #expect(
            info.provideLabel == [DataDesc(name: "y", shape: [4], elementType: .float32, layout: "N")])
        #expect(info.provideData[0].shape == [4, 8])
    }

    @Test("header=strip gives as many labels as label_width says")
    func severalLabels() async throws {
        let fixture = try RawRecordFixture(labels: [[1, 2, 3], [4, 5, 6]], payloads: [[9], [8, 7]])
        let parameters: [String: ParameterValue] = [
            "header": .string("strip"), "label_width": .integer(3), "batch_size": .integer(2),
        ]
        let batch = try await fixture.epochs(parameters)[0][0]
        #expect(batch.rawLabels == [1, 2, 3, 4, 5, 6] && batch.rawRecords == [[9], [8, 7]])
        let info = try fixture.open(parameters).info
        #expect(info.provideLabel[0].shape == [2, 3] && info.provideLabel[0].layout == "NC")
        #expect(info.provideData[0].shape == [2, 4])
    }

    @Test("header=keep gives the header's bytes with the rest")
    func kept() async throws {
        let fixture = try RawRecordFixture(labels: Self.labelled, payloads: Self.payloads)
        let batch = try await fixture.epochs()[0][0]
        #expect(batch.rawRecords == fixture.records && batch.index == [0, 1, 2, .max])
    }

    /// Records of which the one at 2 cannot be delivered, the parameters that make it so, and what is said of it.
    static let bad: [(records: [[UInt8]], parameters: [String: ParameterValue], reason: String, message: String)] = [
        (
            [[1], [2], [3, 3, 3], [4]], ["max_record_bytes": .integer(2)], "too_large",
            "the record has 3 bytes for a row; max_record_bytes is 2"
        ),
        (
            (0..<4).map { [UInt8](repeating: 0, count: $0 == 2 ? 23 : 24) }, ["header": .string("strip")],
            "bad_header", "an image record needs a header of 24 bytes; the record has 23"
        ),
        (
            (0..<4).map { [$0 == 2 ? 2 : 0] + [UInt8](repeating: 0, count: 40) }, ["header": .string("strip")],
            "bad_label", "record 0 has 2 labels, label_width is 1"
        ),
        (
            (0..<4).map { [$0 == 2 ? 99 : 0] + [UInt8](repeating: 0, count: 40) }, ["header": .string("strip")],
            "bad_header", "the header announces 99 labels, more than a record of 41 bytes can hold"
        ),
    ]

    @Test(
        "a record that cannot be delivered ends the epoch, is left out or is replaced, and is named",
        arguments: bad.indices)
    func badRecords(number: Int) async throws {
        let bad = Self.bad[number]
        let fixture = try RawRecordFixture(bad.records)
        for policy in ["skip", "substitute"] {
            let parameters = bad.parameters.merging(["on_bad_record": .string(policy)]) { $1 }
            let batch = try await fixture.epochs(parameters)[0][0]
            #expect(batch.badRecords.map(\.reason) == [bad.reason])
            #expect(batch.badRecords.map(\.message) == [bad.message])
            #expect(batch.badRecords.map(\.ordinal) == [2] && batch.badRecords[0].file == fixture.path)
            #expect(batch.pad == (policy == "skip" ? 1 : 0))
            #expect(batch.rawRecords.count == 4 - batch.pad)
            if policy == "skip" { #expect(batch.rawRow(3).allSatisfy { $0 == 0 } && batch.index[3] == .max) }
        }
        let error = await #expect(throws: StreamError.self) { _ = try await fixture.epochs(bad.parameters) }
        #expect(error?.code == .badRecord && error?.message.contains(bad.message) == true)
    }

    @Test("a damaged stretch refuses the stream, or is left out and told")
    func damage() async throws {
        let fixture = try RawRecordFixture(count: 9)
        var bytes = try fixture.folder.read("r.rec")
        bytes[0] ^= 1
        let path = try fixture.folder.write(bytes, to: "damaged.rec")
        let error = #expect(throws: StreamError.self) { try fixture.open(["path_rec": .string(path)]) }
        #expect(error?.code == .badData && error?.hint.contains("skip") == true)
        let parameters: [String: ParameterValue] = ["path_rec": .string(path), "on_bad_record": .string("skip")]
        #expect(try fixture.open(parameters).info.warnings.contains { $0.hasPrefix("left out: ") })
        #expect(try await fixture.epochs(parameters)[0].flatMap(\.rawRecords) == Array(fixture.records.dropFirst()))
    }

    @Test("a batch that would not be sent is refused with the arithmetic", arguments: [nil, 3000])
    func tooLarge(given: Int?) throws {
        let fixture = try RawRecordFixture([[1], [UInt8](repeating: 7, count: 3000)])
        let parameters: [String: ParameterValue] = [
            "batch_size": .integer(100), "max_record_bytes": given.map { .integer($0) } ?? .null,
        ]
        let error = #expect(throws: StreamError.self) {
            try fixture.open(parameters, context: IteratorContext(maxBatchBytes: 300_000))
        }
        #expect(error?.code == .overLimit)
        let room = given == nil ? "room for the largest record" : "max_record_bytes"
        #expect(
            error?.message
                == "a batch would take 301600 bytes: 100 rows of 3000 (\(room)) and 16; the daemon's limits.max_frame "
                + "is 300000")
        _ = try fixture.open(parameters, context: IteratorContext(maxBatchBytes: 400_000))
    }

    static let refused: [(parameters: [String: ParameterValue], words: [String])] = [
        (["path_rec": .null], ["RecordIter needs the parameter 'path_rec'"]),
        (["path_rec": .string("")], ["RecordIter needs the parameter 'path_rec'"]),
        (["path_recs": .string("/x.rec")], ["no parameter 'path_recs'", "did you mean 'path_rec'?"]),
        (["max_record_bytes": .integer(0)], ["max_record_bytes", "1 to"]),
        (["max_record_bytes": .integer(2001)], ["max_record_bytes", "1 to 2000", "limits.max_record"]),
        (["header": .string("stripped")], ["header", "did you mean 'strip'?"]),
        (["label_width": .integer(2)], ["'label_width', 'header'", "header=strip"]),
        (["label_width": .integer(0)], ["label_width"]),
        (["data_name": .string("length")], ["data_name", "tensor of lengths"]),
        (["label_name": .string("length")], ["label_name", "tensor of lengths"]),
        (["path_rec": .string("/nonexistent/r.rec")], ["'/nonexistent/r.rec' does not exist"]),
        (["path_idx": .string("/a.idx;/b.idx")], ["2 .idx files were given for 1 data files"]),
    ]

    @Test("what cannot be served is refused by name", arguments: refused.indices)
    func refusals(number: Int) throws {
        let fixture = try RawRecordFixture([[1]])
        let error = #expect(throws: StreamError.self) {
            try fixture.open(Self.refused[number].parameters, context: IteratorContext(maxRecordBytes: 2000))
        }
        for words in Self.refused[number].words {
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "none")")
        }
    }
}
