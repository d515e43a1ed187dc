/// A 128-bit FNV-1a hash: the identity of a manifest or spec in tokens and status pages. Not for security.
///
/// Source of the algorithm: Fowler, Noll and Vo, "The FNV Non-Cryptographic Hash Algorithm" (IETF draft), 128-bit offset
/// basis and prime.
package struct Fingerprint: Sendable {
    private var state: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
    private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt128(byte)) &* Self.prime }
    }

    /// Adds the text and an end mark, so that neighbouring texts cannot run together.
    package mutating func add(_ text: String) {
        add(text.utf8)
        add(CollectionOfOne(0xFF))
    }

    package mutating func add(_ value: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { add(CollectionOfOne(UInt8(truncatingIfNeeded: value >> shift))) }
    }

    /// 32 lower-case hexadecimal digits.
    package var hex: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
