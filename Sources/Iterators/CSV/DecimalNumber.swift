/// A decimal number taken apart: ±`mantissa` × 10^`exponent`.
struct DecimalNumber {
    var mantissa: UInt64
    var exponent: Int
    var isNegative: Bool
    /// The number has more digits than `mantissa` holds, which is then meaningless.
    var isLong: Bool

    /// 10^0 … 10^22, all exact.
    private static let exactPowers: [Double] = (0...22).map { Double("1e\($0)")! }
    /// 10^-37 … 10^18, each rounded correctly.
    private static let roundedPowers: [Double] = (-37...18).map { Double("1e\($0)")! }

    /// The tables, fetched once a row: access to a global checks each time whether it has been made.
    struct Powers {
        let exact = DecimalNumber.exactPowers
        let rounded = DecimalNumber.roundedPowers
    }

    /// The nearest `Float`, or nil when these few steps cannot tell which that is.
    ///
    /// A product of three roundings to `Double` is at most two units in the last place off. Rounding it to `Float` then
    /// gives what the exact number would give, unless the product lies within that distance of the middle between two
    /// floats: there the low 29 bits, which `Float` does not have, are near 1000….
    @inline(__always)
    func float(_ powers: borrowing Powers) -> Float? {
        // Between 10^-37 and 10^37 the number is a normal float, or it is zero. Below there are fewer bits, so that the
        // middles lie elsewhere.
        guard !isLong, exponent >= -37, exponent <= 18 else { return nil }
        let value = double(ofMantissa: mantissa) * powers.rounded[exponent &+ 37]
        guard (value.bitPattern & 0x1FFF_FFFF) &- 0x0FFF_FFFC > 8 else { return nil }
        // The value is not negative; its sign bit is set without a branch.
        return Float(bitPattern: Float(value).bitPattern | (isNegative ? 0x8000_0000 : 0))
    }

    /// The mantissa rounded to a `Double`.
    ///
    /// Below 2^52 it is put in the place of 2^52's fraction. That costs no more than a conversion, which on x86 changes part of
    /// a register and so has to wait for what was in it: the number before.
    @inline(__always)
    private func double(ofMantissa mantissa: UInt64) -> Double {
        mantissa < 1 << 52 ? Double(bitPattern: mantissa | (0x1p52).bitPattern) - 0x1p52 : Self.converted(mantissa)
    }

    /// Out of line, lest both be computed and one chosen.
    @inline(never)
    private static func converted(_ mantissa: UInt64) -> Double { Double(mantissa) }

    /// The nearest `Double`, or nil when these few steps cannot tell which that is.
    ///
    /// With 53 bits and an exact power there is one rounding, and that is the right one (Clinger's fast path). Else the
    /// number is computed as a sum of two doubles, exact to 2^-100, and the first of them is right unless the second is
    /// that near to half a unit.
    @inline(__always)
    func double(_ powers: borrowing Powers) -> Double? {
        guard !isLong, exponent >= -22, exponent <= 22 else { return nil }
        let power = powers.exact[abs(exponent)]
        let head = Double(mantissa)
        if mantissa <= 1 << 53 {
            let value = exponent < 0 ? head / power : head * power
            return isNegative ? -value : value
        }
        // 19 digits are below 2^64 - 2^10, so that the rounded head is an integer that fits.
        let tail = Double(Int64(bitPattern: mantissa &- UInt64(head)))
        let first: Double
        let second: Double
        if exponent < 0 {
            first = head / power
            second = (head.addingProduct(-first, power) + tail) / power
        } else {
            first = head * power
            second = (-first).addingProduct(head, power) + tail * power
        }
        let value = first + second
        let error = abs((first - value) + second)
        // At a power of two the neighbours are not equally far away.
        guard value.significandBitPattern != 0, abs(error - value.ulp / 2) > value * 0x1p-98 else { return nil }
        return isNegative ? -value : value
    }
}
