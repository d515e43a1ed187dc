import DataTypes

extension BatchPlan {
    /// Calls `body` with each run of rows that follow one another, in the batch's order.
    ///
    /// - Parameter row: where a slot's record lies in its file.
    func forEachRun(of row: (Slot) -> Int, _ body: (Range<Int>) -> Void) {
        var run: Range<Int>?
        for slot in slots {
            guard let row = slot.map(row) else { continue }
            if let rows = run, row == rows.upperBound {
                run = rows.lowerBound..<row + 1
            } else {
                if let run { body(run) }
                run = row..<row + 1
            }
        }
        if let run { body(run) }
    }
}
