/// Two-dimensional weights for the 32 × 32 fractions of a pixel that a warp distinguishes.
///
/// Follows OpenCV 3.4 `modules/imgproc/src/imgwarp.cpp`, `initInterTab2D`.
struct WarpTable: Sendable {
    /// Taps on one axis.
    let taps: Int
    /// `taps × taps` weights for each fraction, y then x; they add up to 32768.
    let weights: [Int16]

    static let linear = WarpTable(AxisTable.linearWeights)
    static let cubic = WarpTable(AxisTable.cubicWeights)
    static let lanczos4 = WarpTable(AxisTable.lanczosWeights)

    private init<let count: Int>(_ weigh: (Float) -> [count of Float]) {
        taps = count
        let axis = (0..<32).map { weigh(Float($0) / 32) }
        var all: [Int16] = []
        all.reserveCapacity(32 * 32 * count * count)
        for y in 0..<32 {
            for x in 0..<32 {
                var cell: [Int] = []
                for row in 0..<count {
                    for column in 0..<count {
                        let weight = axis[y][row] * axis[x][column] * 32768
                        cell.append(Int(max(-32768, min(32767, weight.rounded(.toNearestOrEven)))))
                    }
                }
                Self.correctSum(&cell, taps: count)
                all.append(contentsOf: cell.map { Int16(clamping: $0) })
            }
        }
        weights = all
    }

    /// Makes up for the rounding of the weights, so that a plain area keeps its value.
    private static func correctSum(_ cell: inout [Int], taps: Int) {
        let excess = cell.reduce(0, +) - 32768
        if excess == 0 { return }
        let middle = taps / 2
        var smallest = middle * taps + middle
        var largest = smallest
        // With two taps only the middle itself is in the cell.
        let end = min(middle + 2, taps)
        for row in middle..<end {
            for column in middle..<end {
                let index = row * taps + column
                if cell[index] < cell[smallest] {
                    smallest = index
                } else if cell[index] > cell[largest] {
                    largest = index
                }
            }
        }
        cell[excess < 0 ? largest : smallest] -= excess
    }
}
