/// Random numbers that depend on a key alone: the same (seed, epoch, record, lap) gives the same draws on any thread, in
/// any order, on any machine.
///
/// Counter-based: output `n` is `mix(key + n·γ)`, with SplitMix64's finaliser as `mix` (Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014). The key itself is mixed word by word, so neighbouring
/// records have unrelated streams.
package struct KeyedRandom: Sendable {
    private var state: UInt64

    /// - Parameters:
    ///   - seed: the stream's `seed` (or `seed_aug`) parameter.
    ///   - epoch: the epoch the sample is drawn in; 0 for draws that repeat every epoch.
    ///   - record: the record's ordinal in the manifest.
    ///   - lap: 0, or how often the epoch's data had been gone through when the record came again as filling.
    package init(seed: Int64, epoch: UInt64, record: UInt64, lap: UInt64 = 0) {
        state = Self.mix(UInt64(bitPattern: seed) &+ 0x9E37_79B9_7F4A_7C15)
        state = Self.mix(state ^ (epoch &+ 0xD1B5_4A32_D192_ED03))
        state = Self.mix(state ^ (record &+ 0x8CB9_2BA7_2F3D_8DD7))
        state = Self.mix(state ^ (lap &+ 0xABC9_8388_FB8F_AC03))
    }

    package static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// The next 64 random bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴.
    package mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in [low, high).
    package mutating func uniform(_ low: Float, _ high: Float) -> Float { unit() * (high - low) + low }

    /// Uniform among the integers low … high, both included. `low` when high < low.
    package mutating func integer(_ low: Int, _ high: Int) -> Int {
        guard high > low else {
            // One draw all the same: how many draws a decision takes must not depend on its limits.
            _ = next()
            return low
        }
        let range = UInt64(high &- low) &+ 1
        return low &+ Int(next().multipliedFullWidth(by: range).high)
    }

    /// True half of the time.
    package mutating func coin() -> Bool { next() >> 63 == 1 }
}
