internal import Glibc

/// For one axis of a resize: which source positions make each target position, with which weights.
///
/// Holds the whole axis, not only the part that a crop needs, so that all crops of one size share it. Filling it again
/// reuses its memory. Follows the arithmetic of OpenCV 3.4 `modules/imgproc/src/resize.cpp`.
struct AxisTable {
    /// What a table is made for.
    struct Key: Equatable {
        /// The weights, which depend on more than the kernel's name.
        enum Rule: Equatable {
            case nearest, linear, cubic, lanczos4
            /// The area kernel when it enlarges: linear with weights of its own.
            case areaLinear
            /// The area kernel when it shrinks by a factor that is no whole number.
            case areaCells
        }
        var rule: Rule
        var sourceCount: Int
        var targetCount: Int
        /// Horizontal linear weights are reset at the edges; vertical ones keep their fraction, which rounds otherwise.
        var isHorizontal: Bool
        /// For images of numbers with fractions: weights are not rounded, and those of every rule are entries.
        var isExact: Bool
        /// What of the source is resized, in its positions: `extent` of them from `origin` on.
        var origin: Double
        var extent: Double

        /// - Parameter extent: nil: the whole source.
        init(
            rule: Rule, sourceCount: Int, targetCount: Int, isHorizontal: Bool, isExact: Bool = false,
            origin: Double = 0, extent: Double? = nil
        ) {
            self.rule = rule
            self.sourceCount = sourceCount
            self.targetCount = targetCount
            self.isHorizontal = isHorizontal
            self.isExact = isExact
            self.origin = origin
            self.extent = extent ?? Double(sourceCount)
        }

        /// Target positions have as many entries as they need instead of a fixed number of taps.
        fileprivate var hasEntries: Bool { isExact || rule == .areaCells }
    }

    private(set) var key = Key(rule: .nearest, sourceCount: 0, targetCount: 0, isHorizontal: false)
    /// Per target position: the position of the first tap. It may lie outside the source; taps are clamped to it.
    /// With entries: where the position's begin in `cellSources`; one element more than positions.
    private(set) var starts: [Int32] = []
    /// `tapCount` weights a target position, scaled by 2048.
    private(set) var weights: [Int16] = []
    /// The entries: which source position counts, and with which weight.
    private(set) var cellSources: [Int32] = []
    private(set) var cellWeights: [Float] = []

    var tapCount: Int {
        switch key.rule {
        case .nearest: 1
        case .linear, .areaLinear: 2
        case .cubic: 4
        case .lanczos4: 8
        case .areaCells: 0
        }
    }

    /// Source positions from the first to the last that target positions `range` read, clamped to the source.
    func sourceRange(of range: Range<Int>) -> ClosedRange<Int> {
        let last = range.upperBound - 1
        if key.hasEntries {
            return Int(cellSources[Int(starts[range.lowerBound])])...Int(cellSources[Int(starts[last + 1]) - 1])
        }
        let limit = key.sourceCount - 1
        return min(max(Int(starts[range.lowerBound]), 0), limit)...min(max(Int(starts[last]) + tapCount - 1, 0), limit)
    }

    mutating func fill(_ newKey: Key) {
        key = newKey
        starts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        cellSources.removeAll(keepingCapacity: true)
        cellWeights.removeAll(keepingCapacity: true)
        let ratio = Double(key.targetCount) / key.extent
        let factor = 1 / ratio
        switch key.rule {
        case .nearest:
            for target in 0..<key.targetCount {
                let position = key.origin + Double(target) * factor
                let source = min(Int(position.rounded(.down)), key.sourceCount - 1)
                starts.append(Int32(key.isExact ? target : source))
                if key.isExact { appendCell(source, 1) }
            }
        case .linear: fillInterpolating(firstTap: 0, factor: factor, weigh: Self.linearWeights)
        case .cubic: fillInterpolating(firstTap: -1, factor: factor, weigh: Self.cubicWeights)
        case .lanczos4: fillInterpolating(firstTap: -3, factor: factor, weigh: Self.lanczosWeights)
        case .areaLinear: fillAreaLinear(factor: factor, ratio: ratio)
        case .areaCells: fillAreaCells(factor: factor)
        }
        if key.hasEntries { starts.append(Int32(cellSources.count)) }
    }

    private mutating func fillInterpolating<let count: Int>(
        firstTap: Int, factor: Double, weigh: (Float) -> [count of Float]
    ) {
        for target in 0..<key.targetCount {
            let position = Float(key.origin + (Double(target) + 0.5) * factor - 0.5)
            let floor = roundedDown(position)
            appendTaps(at: Int(floor), firstTap: firstTap, fraction: position - floor, weigh: weigh)
        }
    }

    private mutating func fillAreaLinear(factor: Double, ratio: Double) {
        for target in 0..<key.targetCount {
            // Not negative, so this rounds down.
            let source = Int(Double(target) * factor)
            let position = Float(Double(target + 1) - Double(source + 1) * ratio)
            let fraction = position <= 0 ? 0 : position - roundedDown(position)
            appendTaps(at: source, firstTap: 0, fraction: fraction, weigh: Self.linearWeights)
        }
    }

    private mutating func appendTaps<let count: Int>(
        at position: Int, firstTap: Int, fraction: Float, weigh: (Float) -> [count of Float]
    ) {
        var position = position
        var fraction = fraction
        if count == 2, key.isHorizontal {
            if position < 0 { (position, fraction) = (0, 0) }
            if position >= key.sourceCount - 1 { (position, fraction) = (key.sourceCount - 1, 0) }
        }
        let values = weigh(fraction)
        if key.isExact {
            starts.append(Int32(cellSources.count))
            for index in values.indices {
                appendCell(min(max(position + firstTap + index, 0), key.sourceCount - 1), values[index])
            }
            return
        }
        starts.append(Int32(position + firstTap))
        for index in values.indices {
            weights.append(Int16(roundedToEven(values[index] * 2048)))
        }
    }

    /// Each target position covers `factor` source positions, the first and last of them in part.
    private mutating func fillAreaCells(factor: Double) {
        for target in 0..<key.targetCount {
            starts.append(Int32(cellSources.count))
            let begin = key.origin + Double(target) * factor
            let end = begin + factor
            let cellWidth = min(factor, Double(key.sourceCount) - begin)
            var first = Int(begin.rounded(.up))
            let last = min(Int(end.rounded(.down)), key.sourceCount - 1)
            first = min(first, last)
            if Double(first) - begin > 1e-3 {
                appendCell(first - 1, Float((Double(first) - begin) / cellWidth))
            }
            for source in first..<last { appendCell(source, Float(1 / cellWidth)) }
            if end - Double(last) > 1e-3 {
                appendCell(last, Float(min(min(end - Double(last), 1), cellWidth) / cellWidth))
            }
        }
    }

    private mutating func appendCell(_ source: Int, _ weight: Float) {
        cellSources.append(Int32(source))
        cellWeights.append(weight)
    }
}
