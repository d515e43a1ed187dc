package import DataTypes
package import RecordIO

extension StreamError {
    /// A data set that cannot be opened.
    package init(record error: RecordError) {
        switch error {
        case .missingFile, .nothingMatched, .noData:
            self.init(.notFound, error.description)
        case .schemeRefused, .badPattern, .indexCountMismatch:
            self.init(.badParameter, error.description)
        case .cancelled:
            self.init(.timeout, error.description, isRetryable: true)
        default:
            self.init(.badData, error.description)
        }
    }
}

extension RecordError {
    /// The class that counters have for a record that cannot be read.
    package var badRecordReason: String {
        switch self {
        case .damaged: "damaged_record"
        case .fileChanged: "file_changed"
        case .tooLargeFile: "too_large"
        default: "read_failed"
        }
    }
}
