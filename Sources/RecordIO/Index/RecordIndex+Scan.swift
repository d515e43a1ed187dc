extension RecordIndex {
    /// How far a scan goes between two calls of `progress`.
    private static let progressBytes: UInt64 = 64 << 20

    /// Finds every record of `file` by its headers. Damage is noted, and the scan goes on behind it.
    ///
    /// - Parameter progress: called now and then with the bytes gone through; returns false to stop.
    /// - Throws: `.fileChanged`, `.system`, `.cancelled`.
    package static func scan(
        _ file: RecordFile, progress: (_ scannedBytes: UInt64) -> Bool = { _ in true }
    ) throws(RecordError) -> RecordIndex {
        var offsets: [UInt64] = []
        var spans: [UInt32] = []
        var damage = DamageReport()
        var detector = InsightFaceDetector()
        var walker = RecordWalker(file: file)
        var nextReport = progressBytes
        steps: while true {
            switch try walker.next(resynchronise: true) {
            case .end:
                break steps
            case .damage(let range):
                damage.add(range)
            case .record(let extent):
                if let words = try walker.words(of: extent) { detector.consider(offsets.count, words) }
                offsets.append(extent.offset)
                spans.append(UInt32(clamping: extent.storedBytes))
            }
            if walker.position >= nextReport {
                guard progress(walker.position) else { throw .cancelled(file: file.path) }
                nextReport = walker.position + progressBytes
            }
        }
        guard file.isUnchanged else { throw .fileChanged(file: file.path, offset: file.byteCount) }
        var index = RecordIndex(offsets: offsets, spans: spans, damage: damage)
        index.apply(detector)
        return index
    }
}
