import RecordIO

/// What one worker keeps between samples of RecordIter, shared by all streams.
final class RawRecordScratch {
    var record = RecordBuffer()

    init() {}
}
