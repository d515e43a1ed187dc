/// Why a stream could not be opened, moved or continued: a code for programs, a message and a hint for people.
package struct StreamError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Stable names that travel on the wire.
    package enum Code: String, Sendable, CaseIterable {
        case badRequest = "bad_request"
        case badParameter = "bad_parameter"
        case unknownDataset = "unknown_dataset"
        case unknownIterator = "unknown_iterator"
        /// No token, a wrong one, or one that does not let its owner do this.
        case forbidden
        case forbiddenPath = "forbidden_path"
        case notFound = "not_found"
        case badData = "bad_data"
        case badRecord = "bad_record"
        case badPosition = "bad_position"
        case stateMismatch = "state_mismatch"
        case memoryLimit = "memory_limit"
        case overLimit = "over_limit"
        case draining
        /// An administrator has ended the stream or the connection.
        case stopped
        case timeout
        case version
        case badFrame = "bad_frame"
        case internalError = "internal"
    }

    package var code: Code
    package var message: String
    /// What to do about it, or empty.
    package var hint: String
    /// The same request may succeed later without any change.
    package var isRetryable: Bool
    /// The record behind a `.badRecord`, for lists and counters; it does not travel.
    package var badRecord: BadRecord?

    package init(
        _ code: Code, _ message: String, hint: String = "", isRetryable: Bool = false, badRecord: BadRecord? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.isRetryable = isRetryable
        self.badRecord = badRecord
    }

    package var description: String { hint.isEmpty ? message : "\(message); \(hint)" }
}
