/// The inner loop of Huffman decoding: one block (ITU T.81, F.2.2.1 and F.2.2.2).
extension BitReservoir {
    /// The next symbol by itself, behind a refill; `.none` when there is no such code.
    @inline(__always)
    private func symbol(in table: UnsafeMutablePointer<HuffmanTable>) -> Symbol {
        // Ten bits number the symbols of a table.
        let symbol = unsafe table.pointee.symbols[prefix(HuffmanTable.lookupBits)]
        return _fastPath(symbol != .none) ? symbol : unsafe HuffmanTable.longSymbol(bits, in: table)
    }

    /// Adds the difference to the last DC coefficient of the component; false when there is no such code.
    @inline(__always)
    private mutating func decodeDifference(_ plan: BlockPlan, prediction: inout UInt32) -> Bool {
        refill()
        // A plan's tables outlive it.
        let symbol = unsafe symbol(in: plan.dc)
        // Wraps as the library's sum does.
        prediction &+= UInt32(bitPattern: Int32(value(of: symbol)))
        drop(symbol.bits)
        return symbol != .none
    }

    /// Two symbols a round; where there is only one, the second changes nothing.
    ///
    /// - Parameter block: 64 coefficients, which are zero.
    /// - Returns: False at a code that does not exist.
    @unsafe
    @inline(__always)
    mutating func decodeBlock(
        _ plan: BlockPlan, prediction: inout UInt32, into block: UnsafeMutablePointer<Int16>
    ) -> Bool {
        let isGood = decodeDifference(plan, prediction: &prediction)
        unsafe block[0] = Int16(truncatingIfNeeded: prediction)
        let table = unsafe plan.ac
        var place: UInt32 = 0
        repeat {
            // The look-up needs few bits, which are there: it does not wait for the refill.
            let pair = unsafe table.pointee.pairs[prefix(HuffmanTable.lookupBits)]
            refill()
            if _slowPath(pair.firstAdvance == 0) {
                let symbol = unsafe HuffmanTable.longSymbol(bits, in: table)
                place &+= symbol.advance
                unsafe write(value(of: symbol), at: place, to: block)
                drop(symbol.bits)
                if symbol == .none { return false }
                continue
            }
            place &+= UInt32(pair.firstAdvance)
            let first = value(at: UInt32(pair.firstCodeBits), shift: UInt32(pair.firstShift))
            if place >= 63 {
                // The block ends here; what follows is the next one's.
                unsafe write(first, at: place, to: block)
                drop(UInt32(pair.firstBits))
                break
            }
            let firstPlace = place
            place &+= UInt32(pair.secondAdvance)
            // In this order, because a second that is missing writes a zero to the place of the first.
            let second = value(at: UInt32(pair.secondStart), shift: UInt32(pair.secondShift))
            unsafe write(second, at: place, to: block)
            unsafe write(first, at: firstPlace, to: block)
            drop(UInt32(pair.bits))
        } while place < 63
        return isGood
    }

    @inline(__always)
    private func write(_ value: Int16, at place: UInt32, to block: UnsafeMutablePointer<Int16>) {
        // Less than 63 before the last advance, which is 64 at most; the order leads to places 0...63.
        unsafe block[Int(BlockPlan.order[unchecked: Int(place)])] = value
    }

    /// As `decodeBlock`, but keeps only the DC prediction.
    @inline(__always)
    mutating func passBlock(_ plan: BlockPlan, prediction: inout UInt32) -> Bool {
        let table = unsafe plan.ac
        if _slowPath(unsafe !table.pointee.hasRuns) {
            unsafe table.pointee.makeRunsIfWorth()
            if unsafe !table.pointee.hasRuns { return decodeUnwanted(plan, prediction: &prediction) }
        }
        let isGood = decodeDifference(plan, prediction: &prediction)
        var place: UInt32 = 0
        repeat {
            // Eleven bits number the runs of a table.
            let run = unsafe table.pointee.runs[prefix(HuffmanTable.runBits)]
            refill()
            // A run holds only while all of it but its last symbol lies within the block.
            if _slowPath(run.bits == 0 || place &+ UInt32(run.advanceBeforeLast) >= 63) {
                let symbol = unsafe symbol(in: table)
                place &+= symbol.advance
                drop(symbol.bits)
                if symbol == .none { return false }
            } else {
                place &+= UInt32(run.advance)
                drop(UInt32(run.bits))
            }
        } while place < 63
        return isGood
    }

    private mutating func decodeUnwanted(_ plan: BlockPlan, prediction: inout UInt32) -> Bool {
        unsafe withUnsafeTemporaryAllocation(of: Int16.self, capacity: 64) { block in
            unsafe decodeBlock(plan, prediction: &prediction, into: block.baseAddress!)
        }
    }
}
