/// What is wrong with a row of text. Columns count from 1.
enum CSVFault: Error, Equatable {
    case tooFewFields(found: Int, expected: Int)
    case tooManyFields(expected: Int)
    case emptyField(column: Int)
    case notANumber(column: Int, text: String, expected: String)
    /// A number, but beyond what the element type holds.
    case outOfRange(column: Int, text: String, type: String)
}

extension CSVFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .tooFewFields(let found, let expected):
            "column \(found): the row ends here; it has \(found) fields, the shape asks for \(expected)"
        case .tooManyFields(let expected):
            "column \(expected + 1): the row goes on behind the \(expected) fields that the shape asks for"
        case .emptyField(let column):
            "column \(column): the field is empty"
        case .notANumber(let column, let text, let expected):
            "column \(column): '\(text)' is not \(expected)"
        case .outOfRange(let column, let text, let type):
            "column \(column): \(text) does not fit \(type)"
        }
    }
}
