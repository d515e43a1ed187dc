import RecordIO

/// One image that a worker has read: where its bytes begin in the worker's buffer, and where its labels are.
struct LabelledImage {
    /// What batches carry as `index`.
    var id: UInt64
    var labelCount: Int
    /// Where the encoded image begins in the buffer.
    var imageOffset: Int
    /// The line of the list that has the labels; nil: the record's own header has them.
    var listRow: Int?
    var header: ImageRecordHeader?
}
