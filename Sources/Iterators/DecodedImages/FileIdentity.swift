import RecordIO

/// A data file as it was when it was opened: after any change it is another.
struct FileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let byteCount: UInt64
    private let modificationNanoseconds: Int64
    private let changeNanoseconds: Int64
    /// A longer record is damaged.
    private let maximumRecordBytes: Int

    init(_ file: RecordFile) {
        device = file.device
        inode = file.inode
        byteCount = file.byteCount
        modificationNanoseconds = file.modificationNanoseconds
        changeNanoseconds = file.changeNanoseconds
        maximumRecordBytes = file.maximumRecordBytes
    }
}
