/// How a list is divided into chunks, and a chunk into a part to test, to train and to validate with.
///
/// Every row is in exactly one part. MXNet's `tools/im2rec.py` reckons every chunk as large as the first and drops the
/// remainder when the ratios add up to 1; here a short chunk is reckoned by its own size, and the remainder is trained with.
struct ListSplit {
    var chunks = 1
    var trainRatio = 1.0
    var testRatio = 0.0

    /// - Returns: the parts, with what is appended to the prefix to name them.
    func parts(of count: Int) -> [(suffix: String, rows: Range<Int>)] {
        let chunkSize = (count + chunks - 1) / chunks
        return (0..<chunks).flatMap { chunk in
            let start = min(chunk * chunkSize, count)
            let rows = start..<min(start + chunkSize, count)
            return parts(of: rows, suffix: chunks > 1 ? "_\(chunk)" : "")
        }
    }

    private func parts(of rows: Range<Int>, suffix: String) -> [(suffix: String, rows: Range<Int>)] {
        if trainRatio == 1 { return [(suffix, rows)] }
        // Ratios are decimal fractions: 0.7 + 0.2 + 0.1 is not exactly 1.
        let isComplete = trainRatio + testRatio > 1 - 1e-9
        let testEnd = rows.lowerBound + Int(Double(rows.count) * testRatio)
        let trainEnd = isComplete ? rows.upperBound : testEnd + Int(Double(rows.count) * trainRatio)
        var parts: [(suffix: String, rows: Range<Int>)] = []
        if testRatio > 0 { parts.append((suffix + "_test", rows.lowerBound..<testEnd)) }
        if !isComplete { parts.append((suffix + "_val", trainEnd..<rows.upperBound)) }
        parts.append((suffix + "_train", testEnd..<trainEnd))
        return parts
    }
}
