/// The axis tables of the last few sizes: images of one data set come in few of them.
struct AxisTableCache {
    private var tables: [AxisTable]
    /// When each table was last used.
    private var used: [UInt64]
    private var clock: UInt64 = 0

    init(capacity: Int = 16) {
        tables = Array(repeating: AxisTable(), count: capacity)
        used = Array(repeating: 0, count: capacity)
    }

    /// The index, for `table(at:)`, of the table for `key`, filled now if it is not there; the least recently used gives
    /// way. Two tables asked for one after the other are both there.
    mutating func index(of key: AxisTable.Key) -> Int {
        clock += 1
        var oldest = 0
        for index in tables.indices {
            if tables[index].key == key {
                used[index] = clock
                return index
            }
            if used[index] < used[oldest] { oldest = index }
        }
        tables[oldest].fill(key)
        used[oldest] = clock
        return oldest
    }

    func table(at index: Int) -> AxisTable { tables[index] }
}
