import Testing

@testable import RecordIO

@Suite struct ImageRecordHeaderTests {
    @Test("one label is packed as MXNet packs it")
    func oneLabel() throws {
        let header = ImageRecordHeader(flag: 7, label: 3.5, id: 9, id2: 2)
        let packed = header.pack(image: Array("xx".utf8).span)
        #expect(packed == hex("00000000 00006040 0900000000000000 0200000000000000 7878"))
        let parsed = try ImageRecordHeader(parsing: packed.rawSpan)
        #expect(parsed == ImageRecordHeader(flag: 0, label: 3.5, id: 9, id2: 2))
        #expect(parsed.labelCount == 1)
        #expect(parsed.imageOffset == 24)
        #expect(parsed.label(0, of: packed.rawSpan) == 3.5)
    }

    @Test("several labels are packed as MXNet packs them")
    func labelArray() throws {
        let header = ImageRecordHeader(label: 5, id: 9)
        let packed = header.pack(labels: [1, 2], image: Array("xx".utf8).span)
        #expect(packed == hex("02000000 00000000 0900000000000000 0000000000000000 0000803f 00000040 7878"))
        let parsed = try ImageRecordHeader(parsing: packed.rawSpan)
        #expect(parsed.labelCount == 2)
        #expect(parsed.imageOffset == 32)
        for room in 0..<4 {
            var labels = [Float](repeating: -1, count: room)
            var span = labels.mutableSpan
            let copied = parsed.copyLabels(of: packed.rawSpan, into: &span)
            #expect(copied == min(room, 2))
            #expect(labels == Array([1, 2, -1].prefix(room)))
        }
    }

    @Test("no labels are packed as flag 0 and label 0")
    func emptyLabels() {
        let packed = ImageRecordHeader(label: 5, id: 1).pack(labels: [], image: [UInt8]().span)
        #expect(packed == hex("00000000 00000000 0100000000000000 0000000000000000"))
    }

    @Test("a record too short for the header is refused", arguments: 0..<24)
    func tooShort(count: Int) {
        #expect(throws: RecordFault.imageHeaderTooShort(payloadBytes: UInt64(count))) {
            try ImageRecordHeader(parsing: [UInt8](repeating: 0, count: count).rawSpan)
        }
    }

    @Test("more labels than the record holds are refused", arguments: [3, 0x4000_0000, UInt32.max])
    func labelsOverrun(flag: UInt32) {
        var bytes = ImageRecordHeader(id: 1).pack(labels: [1, 2], image: Array("xxx".utf8).span)
        for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: flag >> (8 * UInt32(index))) }
        #expect(throws: RecordFault.labelsOverrun(labelCount: UInt64(flag), payloadBytes: 35)) {
            try ImageRecordHeader(parsing: bytes.rawSpan)
        }
    }
}
