extension EpochPlan {
    /// Most times that one record can stand in a batch: a bound, and exact but for parts that are evened out.
    package var maxRepetitions: Int {
        guard recordCount > 0 else { return 0 }
        switch rounding {
        case .zeroFill, .drop: return 1
        case .carryOver where passLength > recordCount:
            // Each pass begins anew, also when the one before ended between two records' turns.
            let laps = (passLength + recordCount - 1) / recordCount
            return laps * (batchSize / passLength + 2)
        // A batch that reaches from one pass into the next has two orders: one more at each border.
        case .rollOver: return batchSize / passLength + 2
        case .carryOver, .whole: return (batchSize + recordCount - 1) / recordCount
        }
    }

    /// The largest sum that any batch can have of a number that each record has, such as its elements.
    ///
    /// - Parameter numbers: the numbers of all records and how many records have each, largest first.
    package func largestBatchSum(_ numbers: [(number: Int, records: Int)]) -> Int {
        let times = maxRepetitions
        var rows = batchSize
        var sum = 0
        for (number, records) in numbers where rows > 0 {
            let (product, isMore) = records.multipliedReportingOverflow(by: times)
            let taken = isMore ? rows : min(rows, product)
            sum += number * taken
            rows -= taken
        }
        return sum
    }
}
