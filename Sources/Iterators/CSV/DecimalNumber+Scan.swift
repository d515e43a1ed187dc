import Glibc

/// Text for scanning: a span whose last bytes are zeros, `RecordFile.paddingBytes` of them. Nothing steps over a zero byte,
/// so that a word can be looked at from every position reached.
extension RawSpan {
    @inline(__always)
    func character(_ position: Int) -> UInt8 {
        assert(position >= 0 && position < byteCount)
        // Positions stay at or before the first of the padding's zeros.
        return unsafe unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self)
    }

    /// Eight characters, the first lowest.
    @inline(__always)
    func eightCharacters(_ position: Int) -> UInt64 {
        assert(position >= 0 && position + 8 <= byteCount)
        // Positions stay at or before the first of the padding's eight zeros.
        return unsafe UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self))
    }
}

extension DecimalNumber {
    /// Digits that always fit 64 bits.
    static let safeDigits = 19

    /// Reads `[+-] digits [. digits] [e [+-] digits]`, with a digit somewhere before the exponent. `position` is then behind
    /// it; it has not moved when nil is returned.
    @inline(__always)
    static func scan(_ text: RawSpan, _ position: inout Int) -> DecimalNumber? {
        var at = position
        let sign = text.character(at)
        let isNegative = sign == UInt8(ascii: "-")
        // Signs follow no pattern, so that a branch on them would be guessed wrong half the time.
        at &+= (isNegative ? 1 : 0) | (sign == UInt8(ascii: "+") ? 1 : 0)
        let start = at
        var mantissa: UInt64 = 0
        digits(text, &at, &mantissa)
        var count = at &- start
        var exponent = 0
        if text.character(at) == UInt8(ascii: ".") {
            at &+= 1
            let point = at
            // Fractions are often long.
            while let eight = eightDigits(text.eightCharacters(at)) {
                mantissa = mantissa &* 100_000_000 &+ eight
                at &+= 8
            }
            if let four = fourDigits(text.eightCharacters(at)) {
                mantissa = mantissa &* 10_000 &+ four
                at &+= 4
            }
            digits(text, &at, &mantissa)
            exponent = point &- at
            count &-= exponent
        }
        guard count > 0 else { return nil }
        let isLong = count > safeDigits && significantDigits(text, start..<at) > safeDigits
        if text.character(at) | 0x20 == UInt8(ascii: "e") {
            let power = scanExponent(text, at)
            exponent &+= power.value
            at = power.end
        }
        position = at
        return DecimalNumber(mantissa: mantissa, exponent: exponent, isNegative: isNegative, isLong: isLong)
    }

    @inline(__always)
    static func digits(_ text: RawSpan, _ position: inout Int, _ value: inout UInt64) {
        while true {
            let digit = text.character(position) &- UInt8(ascii: "0")
            guard digit < 10 else { return }
            value = value &* 10 &+ UInt64(digit)
            position &+= 1
        }
    }

    /// The number that eight digits make, or nil when one of them is none. Three multiplications join neighbours: digits to
    /// pairs, pairs to fours, fours to the whole.
    @inline(__always)
    private static func eightDigits(_ word: UInt64) -> UInt64? {
        // A digit is 0x30…0x39: its high half is 3, and still is when 6 is added.
        let high: UInt64 = 0xF0F0_F0F0_F0F0_F0F0
        guard word & high == 0x3030_3030_3030_3030, (word &+ 0x0606_0606_0606_0606) & high == 0x3030_3030_3030_3030
        else { return nil }
        let digits = word &- 0x3030_3030_3030_3030
        let pairs = digits &* 10 &+ digits >> 8
        let low = (pairs & 0x0000_00FF_0000_00FF) &* (100 + 1_000_000 << 32)
        let high2 = (pairs >> 16 & 0x0000_00FF_0000_00FF) &* (1 + 10_000 << 32)
        return (low &+ high2) >> 32
    }

    /// The same for the first four of eight characters.
    @inline(__always)
    private static func fourDigits(_ word: UInt64) -> UInt64? {
        guard word & 0xF0F0_F0F0 == 0x3030_3030, (word &+ 0x0606_0606) & 0xF0F0_F0F0 == 0x3030_3030 else { return nil }
        let digits = word & 0x0F0F_0F0F
        let pairs = digits &* 10 &+ digits >> 8
        return (pairs & 0xFF) &* 100 &+ (pairs >> 16 & 0xFF)
    }

    /// The exponent behind the `e` at `position` and where it ends, or 0 and `position` when none follows.
    @inline(never)
    private static func scanExponent(_ text: RawSpan, _ position: Int) -> (value: Int, end: Int) {
        var at = position + 1
        let isNegative = text.character(at) == UInt8(ascii: "-")
        if isNegative || text.character(at) == UInt8(ascii: "+") { at += 1 }
        var value = 0
        let start = at
        while case let digit = text.character(at) &- UInt8(ascii: "0"), digit < 10 {
            // Beyond this every number is zero or too large, however many digits stand before.
            if value < 1 << 40 { value = value * 10 + Int(digit) }
            at += 1
        }
        return at > start ? (isNegative ? -value : value, at) : (0, position)
    }

    /// Digits from the first that is not zero.
    @inline(never)
    private static func significantDigits(_ text: RawSpan, _ range: Range<Int>) -> Int {
        var count = 0
        for position in range {
            let character = text.character(position)
            if character != UInt8(ascii: "."), count > 0 || character != UInt8(ascii: "0") { count += 1 }
        }
        return count
    }

    /// Reads `nan`, `inf` or `infinity` in any case, with a sign; `position` is then behind it.
    @inline(never)
    static func scanWord(_ text: RawSpan, _ position: inout Int) -> Double? {
        var at = position
        let isNegative = text.character(at) == UInt8(ascii: "-")
        if isNegative || text.character(at) == UInt8(ascii: "+") { at += 1 }
        for (word, value) in [("infinity", Double.infinity), ("inf", .infinity), ("nan", .nan)] {
            var end = at
            for letter in word.utf8 where end >= 0 { end = text.character(end) | 0x20 == letter ? end + 1 : -1 }
            if end > 0 {
                position = end
                return isNegative ? -value : value
            }
        }
        return nil
    }

    /// The C library's reading of the number at `position`, correctly rounded and slow. The text there is a number that `scan`
    /// accepted, which is what the C functions read too, and the padding ends it if nothing else does.
    @inline(never)
    static func slowFloat(_ text: RawSpan, _ position: Int) -> Float {
        unsafe text.withUnsafeBytes { bytes in
            unsafe strtof(bytes.baseAddress!.advanced(by: position).assumingMemoryBound(to: CChar.self), nil)
        }
    }

    @inline(never)
    static func slowDouble(_ text: RawSpan, _ position: Int) -> Double {
        unsafe text.withUnsafeBytes { bytes in
            unsafe strtod(bytes.baseAddress!.advanced(by: position).assumingMemoryBound(to: CChar.self), nil)
        }
    }
}
