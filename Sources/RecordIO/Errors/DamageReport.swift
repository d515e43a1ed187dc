/// The damage found in one or several files: the first ranges in full, the rest counted.
package struct DamageReport: Sendable, Equatable {
    /// A file made of nothing but damage must not fill the memory with reports about it.
    package static let maximumRanges = 4096

    package private(set) var ranges: [DamagedRange] = []
    /// All damaged ranges, also those beyond `maximumRanges`.
    package private(set) var rangeCount = 0
    package private(set) var byteCount: UInt64 = 0

    package init() {}

    /// A report as it was stored.
    init(ranges: [DamagedRange], rangeCount: Int, byteCount: UInt64) {
        self.ranges = ranges
        self.rangeCount = rangeCount
        self.byteCount = byteCount
    }

    package var isEmpty: Bool { rangeCount == 0 }

    package mutating func add(_ range: DamagedRange) {
        if ranges.count < Self.maximumRanges { ranges.append(range) }
        rangeCount += 1
        byteCount &+= range.byteCount
    }

    package mutating func add(_ other: DamageReport) {
        ranges.append(contentsOf: other.ranges.prefix(Self.maximumRanges - ranges.count))
        rangeCount += other.rangeCount
        byteCount &+= other.byteCount
    }
}
