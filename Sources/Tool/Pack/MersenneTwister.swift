/// The random generator of Python, so that a list is shuffled as `random.seed(n); random.shuffle(list)` shuffles it.
///
/// MT19937 (Matsumoto and Nishimura 1998), seeded by an array of 32-bit words, and drawn from by rejection as CPython's
/// `random.shuffle` does since 3.2.
struct MersenneTwister {
    private static let count = 624
    private var state = [UInt32](repeating: 0, count: count)
    private var position = count

    init(seed: UInt64) {
        let (low, high) = (UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32))
        let key = high == 0 ? [low] : [low, high]
        state[0] = 19_650_218
        for index in 1..<Self.count {
            state[index] = 1_812_433_253 &* (state[index - 1] ^ state[index - 1] >> 30) &+ UInt32(index)
        }
        var index = 1
        for step in 0..<Self.count {
            let word = step % key.count
            state[index] = (state[index] ^ mixed(index) &* 1_664_525) &+ key[word] &+ UInt32(word)
            advance(&index)
        }
        for _ in 1..<Self.count {
            state[index] = (state[index] ^ mixed(index) &* 1_566_083_941) &- UInt32(index)
            advance(&index)
        }
        state[0] = 0x8000_0000
    }

    /// The next 32 random bits.
    mutating func next() -> UInt32 {
        if position == Self.count { refill() }
        var word = state[position]
        position += 1
        word ^= word >> 11
        word ^= word << 7 & 0x9D2C_5680
        word ^= word << 15 & 0xEFC6_0000
        return word ^ word >> 18
    }

    /// Puts `items` in a random order.
    mutating func shuffle<Item>(_ items: inout [Item]) {
        for last in items.indices.dropFirst().reversed() { items.swapAt(last, below(last + 1)) }
    }

    /// A number from 0 up to `bound`: as many bits as the bound has are drawn until they are below it.
    private mutating func below(_ bound: Int) -> Int {
        let bits = Int.bitWidth - bound.leadingZeroBitCount
        // A list of more rows than 32 bits can count does not fit the memory.
        precondition(bits <= 32)
        while true {
            let number = Int(next() >> UInt32(32 - bits))
            if number < bound { return number }
        }
    }

    private func mixed(_ index: Int) -> UInt32 { state[index - 1] ^ state[index - 1] >> 30 }

    private mutating func advance(_ index: inout Int) {
        index += 1
        if index == Self.count {
            state[0] = state[Self.count - 1]
            index = 1
        }
    }

    private mutating func refill() {
        for index in 0..<Self.count {
            let bits = state[index] & 0x8000_0000 | state[(index + 1) % Self.count] & 0x7FFF_FFFF
            state[index] = state[(index + 397) % Self.count] ^ bits >> 1 ^ (bits & 1 == 0 ? 0 : 0x9908_B0DF)
        }
        position = 0
    }
}
