import DataTypes
import Testing

@testable import Augmentation

@Suite("Mean image")
struct MeanImageTests {
    private static let image = MeanImage(
        channels: 3, height: 2, width: 4, values: (0..<24).map { Float($0) * 1.25 - 3 })

    private func read(_ bytes: [UInt8], height: Int = 2) throws -> MeanImage {
        try MeanImage(bytes: bytes, path: "mean.bin", channels: 3, height: height, width: 4)
    }

    @Test("a file that was written is read again, byte order and size as MXNet's")
    func roundTrip() throws {
        let bytes = Self.image.fileBytes
        #expect(try read(bytes) == Self.image)
        #expect(Array(bytes.prefix(9)) == [0x12, 1, 0, 0, 0, 0, 0, 0, 0])
        #expect(
            MeanImage(channels: 3, height: 8, width: 8, values: Array(repeating: 0, count: 192)).fileBytes.count == 864)
    }

    @Test("files of older MXNet versions are read", arguments: [true, false])
    func older(oldest: Bool) throws {
        func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
            (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var bytes = Array(Self.image.fileBytes.prefix(24))
        if oldest {
            bytes += little(UInt32(3)) + [3, 2, 4].flatMap { little(UInt32($0)) }
        } else {
            bytes += little(UInt32(0xF993_FAC8)) + little(UInt32(3)) + [3, 2, 4].flatMap { little(UInt64($0)) }
        }
        bytes += Self.image.fileBytes.dropFirst(24 + 36)
        #expect(try read(bytes) == Self.image)
    }

    @Test("a file cut anywhere before the names is an error that says where")
    func truncation() {
        let bytes = Self.image.fileBytes
        for count in 0..<bytes.count - 24 {
            #expect(throws: MeanImageError.self) { try read(Array(bytes.prefix(count))) }
        }
    }

    @Test("a changed byte never traps")
    func mutation() {
        var random = KeyedRandom(seed: 9, epoch: 0, record: 0)
        for _ in 0..<3000 {
            var bytes = Self.image.fileBytes
            for _ in 0..<random.integer(1, 3) {
                bytes[random.integer(0, 80)] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? read(bytes)
        }
    }

    @Test("another shape, several arrays and other element types are refused")
    func refused() {
        #expect(throws: MeanImageError.shapeMismatch(path: "mean.bin", found: [3, 2, 4], expected: [3, 3, 4])) {
            try read(Self.image.fileBytes, height: 3)
        }
        for offset in [16, 24 + 4, 24 + 44] {
            var bytes = Self.image.fileBytes
            bytes[offset] = 2
            #expect(throws: MeanImageError.self) { try read(bytes) }
        }
    }

    @Test("the mean of samples is their sum times the reciprocal of their number")
    func accumulator() {
        var accumulator = MeanImage.Accumulator(channels: 1, height: 1, width: 2)
        #expect(accumulator.mean().values == [0, 0])
        for sample in [[1, 2], [2, 4], [6, 3]] as [[Float]] { accumulator.add(sample.span) }
        #expect(accumulator.mean().values == [9 * (1 / Float(3)), 9 * (1 / Float(3))])
    }
}
