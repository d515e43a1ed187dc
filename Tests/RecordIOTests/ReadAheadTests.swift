import Testing

@testable import RecordIO

struct ReadAheadTests {
    private func merged(_ stretches: [(Int, UInt64, UInt64)]) -> [String] {
        Manifest.merged(stretches.map { Manifest.Stretch(fileIndex: $0.0, offset: $0.1, byteCount: $0.2) })
            .map { "\($0.fileIndex):\($0.offset)+\($0.byteCount)" }
    }

    @Test("records are asked for in the order of the disk, neighbours together")
    func order() {
        #expect(merged([]) == [])
        // Shuffled records of two files, two of them side by side.
        #expect(
            merged([(1, 500_000, 100), (0, 900_000, 50), (0, 100, 1000), (0, 1100, 400)]) == [
                "0:100+1400", "0:900000+50", "1:500000+100",
            ])
        // A short gap is read through, a long one is not.
        #expect(merged([(0, 0, 100), (0, 100 + 16_384, 10)]) == ["0:0+16494"])
        #expect(merged([(0, 0, 100), (0, 101 + 16_384, 10)]) == ["0:0+100", "0:16485+10"])
        // The same record twice, and one within another's span.
        #expect(merged([(0, 64, 100), (0, 64, 100), (0, 80, 10)]) == ["0:64+100"])
    }

    @Test("requests stay as short as the system can serve, and the end of the number range is no trap")
    func bounds() {
        let record: UInt64 = 1 << 20
        #expect(
            merged((0..<4).map { (0, UInt64($0) * record, record) }) == ["0:0+2097152", "0:2097152+2097152"])
        #expect(merged([(0, 0, 8 << 20), (0, 8 << 20, 100)]) == ["0:0+8388608", "0:8388608+100"])
        #expect(merged([(0, .max - 10, 5), (0, .max, 100)]).count >= 1)
    }
}
