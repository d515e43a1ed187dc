/// The latest bad records. A damaged data set may have millions; memory stays bounded.
struct BadRecordRing {
    static let capacity = 256
    private var reports: [BadRecordReport] = []
    private var oldest = 0

    mutating func append(_ report: BadRecordReport) {
        if reports.count < Self.capacity {
            reports.append(report)
        } else {
            reports[oldest] = report
            oldest = (oldest + 1) % Self.capacity
        }
    }

    /// Oldest first.
    var inOrder: [BadRecordReport] { Array(reports[oldest...] + reports[..<oldest]) }
}
