import CJPEG

/// Huffman codes for decoding, made for few look-ups rather than for small size: about 19 kB.
///
/// All zero is a table that has not been made.
struct HuffmanTable: BitwiseCopyable {
    /// How many bits are looked up at once. With one more, the tables of a colour picture crowd the first-level cache.
    static let lookupBits: UInt32 = 10
    static let runBits: UInt32 = 11

    /// Making the runs of a table takes as long as they save over this many blocks.
    private static let blocksWorthRuns = 300

    /// By the next 10 bits.
    private(set) var symbols: [1024 of Symbol]
    /// By the next 10 bits; of AC tables.
    private(set) var pairs: [1024 of SymbolPair]
    /// By the next 11 bits; of AC tables, when there are `hasRuns`.
    private(set) var runs: [2048 of SymbolRun]

    /// The first 16-bit prefix that has no code of this length or less.
    private var endOfLength: [17 of UInt32]
    private var valueOffset: [17 of Int]
    private var codes: HuffmanCodes
    private var isAC: Bool
    private var isMade: Bool
    private(set) var hasRuns: Bool
    /// Without runs.
    private var blocksPassed: Int

    /// Makes the table unless it is that of `newCodes` already.
    ///
    /// Follows ITU T.81, C.2 and F.2.2.3.
    ///
    /// - Parameter newCodes: pointers to as many bytes as `cjpeg_codes` says.
    /// - Returns: Whether the codes can be.
    @unsafe
    mutating func make(of newCodes: cjpeg_codes, isAC: Bool) -> Bool {
        if unsafe isMade && self.isAC == isAC && codes.isEqual(to: newCodes) { return true }
        isMade = false
        hasRuns = false
        blocksPassed = 0
        unsafe codes.assign(newCodes)
        self.isAC = isAC
        guard makeSymbols() else { return false }
        if isAC { makePairs() }
        isMade = true
        return true
    }

    private mutating func makeSymbols() -> Bool {
        symbols = .init(repeating: .none)
        var code = 0
        var first = 0
        for length in 1...16 {
            let count = Int(codes.counts[length])
            if first + count > 256 || code + count > 1 << length { return false }
            valueOffset[length] = first - code
            for value in first..<first + count {
                // No difference of DC coefficients has more bits.
                if !isAC && codes.values[value] > 15 { return false }
                if length <= Self.lookupBits {
                    let symbol = Symbol(codeBits: UInt32(length), value: codes.values[value], isAC: isAC)
                    let step = 1 << (Int(Self.lookupBits) - length)
                    for prefix in code * step..<(code + 1) * step { symbols[prefix] = symbol }
                }
                code += 1
            }
            first += count
            endOfLength[length] = UInt32(code << (16 - length))
            code <<= 1
        }
        return true
    }

    private mutating func makePairs() {
        var prefix = 0
        while prefix < pairs.count {
            let first = symbols[prefix]
            if first == .none {
                pairs[prefix] = SymbolPair(.none)
                prefix += 1
                continue
            }
            // All that begin with this code come one after another: a group of pairs for each value behind it, all
            // alike.
            let count = 1 << Int(Self.lookupBits - first.codeBits)
            let valid = first.bits < Self.lookupBits ? Self.lookupBits - first.bits : 0
            let group = 1 << Int(valid)
            for rest in 0..<group {
                var pair = SymbolPair(first)
                let second = symbols[rest << Int(Self.lookupBits - valid)].within(valid)
                if first.advance < Symbol.endOfBlockAdvance && second != .none { pair.append(second) }
                pairs[prefix + rest] = pair
            }
            for place in prefix + group..<prefix + count { pairs[place] = pairs[place - group] }
            prefix += count
        }
    }

    /// The symbol at the front of 64 bits, whose code is longer than `lookupBits`; `.none` when there is no such code.
    ///
    /// Takes a pointer because the compiler would copy the table for a method that does not change it.
    @unsafe
    @inline(never)
    static func longSymbol(_ bits: UInt64, in table: UnsafePointer<HuffmanTable>) -> Symbol {
        let prefix = UInt32(bits >> 48)
        for length in Int(lookupBits) + 1...16 where unsafe prefix < table.pointee.endOfLength[length] {
            let place = unsafe Int(prefix >> (16 - UInt32(length))) + table.pointee.valueOffset[length]
            let value = unsafe table.pointee.codes.values[place & 0xFF]
            return unsafe Symbol(codeBits: UInt32(length), value: value, isAC: table.pointee.isAC)
        }
        return .none
    }

    /// Called for each block that is passed without runs: makes them once so many have been that they would have paid.
    @inline(never)
    mutating func makeRunsIfWorth() {
        blocksPassed += 1
        guard blocksPassed > Self.blocksWorthRuns else { return }
        let width = Int(Self.runBits)
        for prefix in runs.indices {
            var run = SymbolRun()
            while run.bits < width && run.advance < 63 {
                let used = Int(run.bits)
                let rest = prefix << used & (1 << width - 1)
                let symbol = symbols[rest >> (width - Int(Self.lookupBits))].within(UInt32(width - used))
                if symbol == .none { break }
                run.append(symbol)
            }
            runs[prefix] = run
        }
        hasRuns = true
    }
}
