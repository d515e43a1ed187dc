/// Baseline JPEGs of random coefficients, in every shape that the format has for one interleaved scan.
///
/// They look like nothing, but every block differs from its neighbours, and codes are as long as codes can be.
struct RandomJPEG {
    /// Sampling factors of each component, across and down.
    var sampling: [(across: Int, down: Int)]
    var width: Int
    var height: Int
    /// MCUs between two restart markers; 0: there are none.
    var restartInterval = 0
    /// Which of two sets of Huffman tables.
    var tables = 0
    /// Slow changes of colour from block to block, and little within them: more like a photograph.
    var isSoft = false

    /// Difference sizes 0…11; all codes of 4 bits.
    private static let dcValues = [UInt8](0...11)
    /// Run and size of every coefficient that baseline JPEG knows, end of block and run of 16 zeros.
    private static let acValues: [UInt8] = {
        let common: [UInt8] = [0x00, 0x01, 0x11, 0x02, 0x21]
        var values = common
        for run in 0..<16 {
            for size in 1...10 {
                let value = UInt8(run * 16 + size)
                if !common.contains(value) { values.append(value) }
            }
        }
        return values + [0xF0]
    }()

    /// How many AC codes there are of 1…16 bits.
    private var acCounts: [Int] {
        var counts = [Int](repeating: 0, count: 16)
        let long = Self.acValues.count - 5
        if tables == 0 {
            (counts[1], counts[3], counts[11]) = (2, 3, long)
        } else {
            // One code of one bit, and most as long as possible.
            (counts[0], counts[2], counts[3], counts[8], counts[15]) = (1, 2, 2, 20, long - 20)
        }
        return counts
    }

    private var dcCounts: [Int] { (1...16).map { $0 == 4 ? 12 : 0 } }

    func encoded(seed: UInt64) -> [UInt8] {
        var random = SplitMix(state: seed)
        let count = sampling.count
        let divisors: [UInt8] = (0..<64).map { UInt8(2 + $0 / 8) }
        var frame: [UInt8] = [8]
        for part in [height >> 8, height & 255, width >> 8, width & 255, count] { frame.append(UInt8(part)) }
        var scan: [UInt8] = [UInt8(count)]
        for index in 0..<count {
            let factors = UInt8(sampling[index].across * 16 + sampling[index].down)
            let identifier = UInt8(index + 1)
            frame += [identifier, factors, 0]
            scan += [identifier, 0]
        }
        let interval = [UInt8(restartInterval >> 8), UInt8(restartInterval & 255)]
        var bytes: [UInt8] = [0xFF, 0xD8]
        bytes += TestJPEG.segment(0xDB, [0] + divisors)
        bytes += TestJPEG.segment(0xC0, frame)
        bytes += TestJPEG.segment(0xC4, [0x00] + dcCounts.map { UInt8($0) } + Self.dcValues)
        bytes += TestJPEG.segment(0xC4, [0x10] + acCounts.map { UInt8($0) } + Self.acValues)
        bytes += TestJPEG.segment(0xDD, interval)
        bytes += TestJPEG.segment(0xDA, scan + [0, 63, 0])

        // A component alone has MCUs of one block.
        let widest = count == 1 ? 1 : sampling.map(\.across).max() ?? 1
        let tallest = count == 1 ? 1 : sampling.map(\.down).max() ?? 1
        let across = (width + 8 * widest - 1) / (8 * widest)
        let down = (height + 8 * tallest - 1) / (8 * tallest)
        var blocks: [Int] = []
        for index in 0..<count {
            let copies = count == 1 ? 1 : sampling[index].across * sampling[index].down
            blocks += [Int](repeating: index, count: copies)
        }
        var coder = Coder(dc: Self.codes(dcCounts, Self.dcValues), ac: Self.codes(acCounts, Self.acValues))
        var predictions = [Int](repeating: 0, count: count)
        for mcu in 0..<across * down {
            if restartInterval > 0 && mcu > 0 && mcu % restartInterval == 0 {
                coder.align()
                coder.bytes += [0xFF, 0xD0 + UInt8((mcu / restartInterval - 1) % 8)]
                predictions = [Int](repeating: 0, count: count)
            }
            for component in blocks { coder.block(&predictions[component], isSoft: isSoft, &random) }
        }
        coder.align()
        return bytes + coder.bytes + [0xFF, 0xD9]
    }

    /// Codes are consecutive numbers, in the order of their lengths.
    private static func codes(_ counts: [Int], _ values: [UInt8]) -> [UInt8: (code: Int, length: Int)] {
        var codes: [UInt8: (code: Int, length: Int)] = [:]
        var (code, next) = (0, 0)
        for length in 1...16 {
            for _ in 0..<counts[length - 1] {
                codes[values[next]] = (code, length)
                (code, next) = (code + 1, next + 1)
            }
            code *= 2
        }
        return codes
    }

    private struct Coder {
        let dc: [UInt8: (code: Int, length: Int)]
        let ac: [UInt8: (code: Int, length: Int)]
        var bytes: [UInt8] = []
        private var bits = 0
        private var bitCount = 0

        init(dc: [UInt8: (code: Int, length: Int)], ac: [UInt8: (code: Int, length: Int)]) {
            (self.dc, self.ac) = (dc, ac)
        }

        mutating func block(_ prediction: inout Int, isSoft: Bool, _ random: inout SplitMix) {
            let range = isSoft ? max(-200, prediction - 20)...min(200, prediction + 20) : -300...300
            let value = Int.random(in: range, using: &random)
            symbol(dc, run: 0, value - prediction)
            prediction = value
            if isSoft {
                symbol(ac, run: 0, Int.random(in: 1...12, using: &random))
                symbol(ac, run: 0, Int.random(in: -12 ... -1, using: &random))
                return put(ac[0x00]!)
            }
            var place = 0
            let last = Bool.random(using: &random) ? 63 : Int.random(in: 0...63, using: &random)
            while place < last {
                let longest = Int.random(in: 0...7, using: &random) == 0 ? 40 : 3
                var run = min(Int.random(in: 0...longest, using: &random), last - place - 1)
                place += run + 1
                while run > 15 {
                    put(ac[0xF0]!)
                    run -= 16
                }
                let most = 1 << Int.random(in: 0...9, using: &random)
                let magnitude = Int.random(in: 1...most, using: &random)
                symbol(ac, run: run, Bool.random(using: &random) ? magnitude : -magnitude)
            }
            if place < 63 { put(ac[0x00]!) }
        }

        private mutating func symbol(_ codes: [UInt8: (code: Int, length: Int)], run: Int, _ value: Int) {
            let size = Int.bitWidth - value.magnitude.leadingZeroBitCount
            put(codes[UInt8(run * 16 + size)]!)
            // Negative values are written as the complement of their magnitude.
            let code = value < 0 ? value + (1 << size) - 1 : value
            if size > 0 { put((code: code, length: size)) }
        }

        private mutating func put(_ field: (code: Int, length: Int)) {
            bits = (bits << field.length) | field.code
            bitCount += field.length
            while bitCount >= 8 {
                bitCount -= 8
                let byte = UInt8((bits >> bitCount) & 0xFF)
                bytes.append(byte)
                if byte == 0xFF { bytes.append(0) }  // stuffed
            }
            bits &= (1 << bitCount) - 1
        }

        /// Fills the last byte with ones.
        mutating func align() {
            let count = (8 - bitCount) % 8
            put((code: (1 << count) - 1, length: count))
        }
    }
}
