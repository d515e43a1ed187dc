/// What is wrong with a line of LibSVM text. Columns are characters and count from 1.
enum LibSVMFault: Error, Equatable {
    /// `text` stands where `expected` was due.
    case unexpected(column: Int, text: String, expected: String)
    /// A number, but beyond what `float32` holds.
    case tooLarge(column: Int, text: String)
    /// An index that the shape has no column for.
    case indexOutOfRange(column: Int, text: String, allowed: ClosedRange<Int>)
    /// More pairs than the line had when its data set was opened.
    case tooManyPairs(expected: Int)
}

extension LibSVMFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .unexpected(let column, "", let expected):
            "column \(column): the line ends where \(expected) was due"
        case .unexpected(let column, let text, let expected):
            "column \(column): '\(text)' is not \(expected)"
        case .tooLarge(let column, let text):
            "column \(column): \(text) does not fit float32"
        case .indexOutOfRange(let column, let text, let allowed):
            "column \(column): there is no index \(text); the shape allows \(allowed.lowerBound) to "
                + "\(allowed.upperBound)"
        case .tooManyPairs(let expected):
            "the line has more than the \(expected) pairs that were there at open"
        }
    }
}
