/// What a run of `rec pack` did, for `--json`.
struct PackSummary: Encodable {
    struct File: Encodable {
        var list: String
        /// nil when only the list was made.
        var records: String?
        var images: Int
        var leftOut: Int
        var badLines: Int
        var bytes: UInt64
    }

    /// A row that was left out.
    struct Problem: Encodable {
        var list: String
        var line: Int
        /// nil: the line could not be read.
        var path: String?
        var reason: String
    }

    /// The most problems that are kept; all are counted, and all are reported as they occur.
    static let maxProblems = 1000

    var files: [File] = []
    var problems: [Problem] = []
    /// The folder of each label, when the list was made from folders.
    var classes: [String]?
    var seconds = 0.0
    var imagesPerSecond = 0.0

    var images: Int { files.reduce(0) { $0 + $1.images } }
    var leftOut: Int { files.reduce(0) { $0 + $1.leftOut + $1.badLines } }
    var bytes: UInt64 { files.reduce(0) { $0 + $1.bytes } }
}
