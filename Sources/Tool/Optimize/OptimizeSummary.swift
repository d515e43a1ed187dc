/// What a run of `rec optimize` did, for `--json`.
struct OptimizeSummary: Encodable {
    /// A JPEG that stayed as it was.
    struct Problem: Encodable {
        var record: Int
        var offset: UInt64
        var reason: String
    }

    /// The most problems that are kept; all are counted, and all are reported as they occur.
    static let maxProblems = 1000

    var records = 0
    /// Pictures rewritten, those made smaller before included.
    var rewritten = 0
    var resized = 0
    /// JPEGs that cannot be decoded, or must not be rewritten.
    var kept = 0
    var otherFormats = 0
    var withoutPicture = 0
    /// Stretches of the old file that are no records, and are not in the new one.
    var damagedRanges = 0
    var bytesBefore: UInt64 = 0
    var bytesAfter: UInt64 = 0
    var problems: [Problem] = []
    var seconds = 0.0
}
