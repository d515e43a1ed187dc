package import Wire

/// Something the user should know, such as a record that could not be delivered.
public struct HeadraceNotice: Sendable, Hashable, CustomStringConvertible {
    /// A short class, such as `bad_image`.
    public let code: String
    /// What was found.
    public let message: String
    /// The file, the byte offset in it and the record's ordinal, where they apply.
    public let file: String?
    /// Byte offset in `file`.
    public let offset: UInt64?
    /// The record's ordinal in the data set.
    public let record: Int?
    /// The batch it concerns.
    public let epoch: Int?
    /// The batch it concerns.
    public let step: Int?
    /// What was done: `skip` or `substitute`.
    public let action: String?

    package init(_ message: NoticeMessage) {
        code = message.code
        self.message = message.message
        file = message.file
        offset = message.offset
        record = message.record
        epoch = message.epoch
        step = message.step
        action = message.action
    }

    /// One line.
    public var description: String {
        var place = file.map { "\($0): " } ?? ""
        if let record { place += "record \(record)" + (offset.map { " at byte \($0)" } ?? "") + ": " }
        return place + message + (action.map { " (\($0))" } ?? "")
    }
}
