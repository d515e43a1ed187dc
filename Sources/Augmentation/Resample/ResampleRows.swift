/// Rows that the resize kernels work in, kept from call to call.
struct ResampleRows {
    /// Byte offsets of the taps in a source row, one run a tap.
    var offsets: [Int32] = []
    /// Source values gathered into the order of the result, one plane a tap.
    var planes: [UInt8] = []
    /// Weights repeated for every channel, one plane a tap.
    var weights: [Int16] = []
    /// Horizontally resized rows of 16 bits, a ring.
    var short: [Int16] = []
    /// Horizontally resized rows of 32 bits, a ring; also column sums.
    var long: [Int32] = []
    var floats: [Float] = []
    /// Which source row each entry of a ring holds; −1: none.
    var held: [Int] = []

    /// Makes `array` at least `count` long.
    static func grow<T: Numeric>(_ array: inout [T], to count: Int) {
        if array.count < count { array.append(contentsOf: repeatElement(0, count: count + count / 4 - array.count)) }
    }
}
