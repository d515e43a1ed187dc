/// A record that could not be delivered as it should, and what was done about it.
package struct BadRecord: Error, Sendable, Hashable, CustomStringConvertible {
    /// A short class for counters: `damaged_record`, `bad_image`, `bad_label`, `too_large`, `read_failed`.
    package var reason: String
    /// What was found, in words.
    package var message: String
    package var file: String
    /// Byte offset of the record in `file`.
    package var offset: UInt64
    /// The record's ordinal in the manifest.
    package var ordinal: Int

    package init(reason: String, message: String, file: String, offset: UInt64, ordinal: Int) {
        self.reason = reason
        self.message = message
        self.file = file
        self.offset = offset
        self.ordinal = ordinal
    }

    package var description: String { "\(file), record \(ordinal) at byte \(offset): \(message)" }
}

/// What a stream does with a record that cannot be delivered.
package enum BadRecordPolicy: String, Sendable, CaseIterable {
    /// The stream ends with an error that names the record.
    case error
    /// The batch comes without the record: rows behind it move up, and `pad` counts one more.
    case skip
    /// Another record of the same epoch, chosen by the keyed generator, takes its place.
    case substitute
}
