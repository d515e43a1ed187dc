/// A keyed permutation of 0 ..< count with random access both ways: O(1) time, no memory, for any count.
///
/// A Feistel network over the smallest power of two that holds `count`, with cycle walking: values that fall outside are
/// encrypted again until they fall inside, which takes fewer than two rounds on average (Black and Rogaway, "Ciphers with
/// arbitrary finite domains", CT-RSA 2002). Statistical quality only; this is no encryption.
package struct Permutation: Sendable {
    package let count: Int
    private let leftBits: UInt64
    private let rightBits: UInt64
    private let key: UInt64
    /// Even, so that the halves come out where they went in; six mix well enough for shuffling even in tiny domains.
    private static let rounds: UInt64 = 6

    /// - Parameters:
    ///   - count: at least 0.
    ///   - seed: the stream's seed.
    ///   - epoch: every epoch has a permutation of its own.
    ///   - purpose: keeps permutations of the same seed and epoch apart (records, chunks, records within a chunk).
    package init(count: Int, seed: Int64, epoch: UInt64, purpose: UInt64) {
        precondition(count >= 0)
        self.count = count
        let bits = count <= 1 ? 0 : UInt64(Int.bitWidth - (count - 1).leadingZeroBitCount)
        leftBits = bits / 2
        rightBits = bits - bits / 2
        var random = KeyedRandom(seed: seed, epoch: epoch, record: purpose, lap: 0x7065_726D)
        key = random.next()
    }

    /// The value at `position`.
    package subscript(position: Int) -> Int {
        precondition(position >= 0 && position < count)
        var value = UInt64(position)
        repeat { value = encrypt(value) } while value >= UInt64(count)
        return Int(value)
    }

    /// The position that holds `value`: the inverse of the subscript.
    package func position(of value: Int) -> Int {
        precondition(value >= 0 && value < count)
        var position = UInt64(value)
        repeat { position = decrypt(position) } while position >= UInt64(count)
        return Int(position)
    }

    private func encrypt(_ value: UInt64) -> UInt64 {
        var left = value >> rightBits
        var right = value & (1 << rightBits &- 1)
        for round in 0..<Self.rounds {
            // The halves differ by at most one bit in width, so each round keys one half by the other in place.
            if round & 1 == 0 {
                left ^= mixed(right, round) & (1 << leftBits &- 1)
            } else {
                right ^= mixed(left, round) & (1 << rightBits &- 1)
            }
        }
        return left << rightBits | right
    }

    private func decrypt(_ value: UInt64) -> UInt64 {
        var left = value >> rightBits
        var right = value & (1 << rightBits &- 1)
        for round in (0..<Self.rounds).reversed() {
            if round & 1 == 0 {
                left ^= mixed(right, round) & (1 << leftBits &- 1)
            } else {
                right ^= mixed(left, round) & (1 << rightBits &- 1)
            }
        }
        return left << rightBits | right
    }

    private func mixed(_ half: UInt64, _ round: UInt64) -> UInt64 {
        KeyedRandom.mix(half &+ key &+ round &* 0x9E37_79B9_7F4A_7C15)
    }
}
