import DataTypes

/// Files that are rows of 64-bit words in the machine's byte order.
enum WordFile {
    static func read(_ path: String) throws(RecordError) -> [UInt64] {
        let file = try RecordFile(path: path)
        var words: [UInt64] = []
        words.reserveCapacity(Int(clamping: file.byteCount / 8))
        var window = FileWindow(file: file)
        var position: UInt64 = 0
        while file.byteCount - position >= 8 {
            let count = try window.load(position, 8) & ~7
            let bytes = window.bytes(position, count)
            for offset in stride(from: 0, to: count, by: 8) { words.append(bytes.uint64(at: offset)) }
            position += UInt64(count)
        }
        return words
    }

    /// Two words that stand for the first `count` of `words`.
    static func checksum(of words: [UInt64], count: Int) -> [UInt64] {
        var sum = Fingerprint()
        for position in 0..<count { sum.combine(words[position]) }
        return [sum.words[0], sum.words[1]]
    }
}
