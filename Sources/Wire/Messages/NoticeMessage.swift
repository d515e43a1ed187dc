package import DataTypes

/// NOTICE: something the user should know, such as a record that could not be delivered.
package struct NoticeMessage: Codable, Sendable, Hashable {
    /// `bad_image`, `damaged_record`, …
    package var code: String
    package var message: String
    package var file: String?
    /// Byte offset of the record in `file`.
    package var offset: UInt64?
    /// The record's ordinal in the data set.
    package var record: Int?
    /// The batch it concerns.
    package var epoch: Int?
    package var step: Int?
    /// What was done: `skip` or `substitute`.
    package var action: String?

    package init(_ record: BadRecord, address: BatchAddress, action: String) {
        code = record.reason
        message = WireLimits.shortened(record.message)
        file = WireLimits.shortened(record.file)
        offset = record.offset
        self.record = record.ordinal
        epoch = address.epoch
        step = address.step
        self.action = action
    }
}
