/// 128 bits that stand for a sequence of numbers: equal on every machine, different for different sequences but by an
/// accident nobody will see. Not for use against forgery.
package struct Fingerprint: Sendable, Hashable {
    // Two chains of a mixing function that loses nothing, fed differently.
    private var low: UInt64 = 0x6A09_E667_F3BC_C908
    private var high: UInt64 = 0xBB67_AE85_84CA_A73B

    package init() {}

    @inline(__always)
    package mutating func combine(_ word: UInt64) {
        low = KeyedRandom.mix(low ^ word)
        high = KeyedRandom.mix(high &+ (word << 32 | word >> 32) &+ 0x9E37_79B9_7F4A_7C15)
    }

    /// The text's UTF-8 bytes and their number.
    package mutating func combine(_ text: String) {
        combine(UInt64(text.utf8.count))
        for word in text.packedWords { combine(word) }
    }

    /// Bytes and their number. Four chains run side by side, so that memory is what limits it.
    package mutating func combine(bytes: UnsafeRawBufferPointer) {
        combine(UInt64(bytes.count))
        var lanes: [4 of Fingerprint] = .init(repeating: Fingerprint())
        let whole = bytes.count / 32 * 32
        var position = 0
        while position < whole {
            for lane in 0..<4 {
                // The last word of the group ends at `whole` at most.
                let word = unsafe bytes.loadUnaligned(fromByteOffset: position + 8 * lane, as: UInt64.self)
                lanes[lane].combine(UInt64(littleEndian: word))
            }
            position += 32
        }
        for lane in 0..<4 {
            combine(lanes[lane].low)
            combine(lanes[lane].high)
        }
        while position < bytes.count {
            combine(unsafe UInt64(bytes[position]))
            position += 1
        }
    }

    package var words: [2 of UInt64] { [low, high] }

    /// 32 hexadecimal digits.
    package var hex: String { Self.digits(high) + Self.digits(low) }

    private static func digits(_ word: UInt64) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}

extension String {
    /// The UTF-8 bytes, eight to a word, lowest first, the last word filled with zeros.
    package var packedWords: [UInt64] {
        var words: [UInt64] = []
        var position: UInt64 = 0
        for byte in utf8 {
            if position % 8 == 0 { words.append(0) }
            words[words.count - 1] |= UInt64(byte) << (position % 8 * 8)
            position += 1
        }
        return words
    }

    /// The text of `byteCount` bytes that `packedWords` made these words of.
    package init(packedWords words: [UInt64], byteCount: Int) {
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
        self.init(decoding: bytes.prefix(byteCount), as: UTF8.self)
    }
}
