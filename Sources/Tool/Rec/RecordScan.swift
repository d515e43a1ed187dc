import DataTypes
import ImageCodec
import RecordIO

/// What a look at one record's bytes tells.
struct RecordFacts: Encodable {
    var ordinal: Int
    var file: String
    var offset: UInt64
    var bytes: Int
    var id: UInt64?
    var labels: [Float] = []
    var format: String?
    var width: Int?
    var height: Int?
    /// Why the record cannot be used as an image, or nil.
    var problem: String?
}

/// Walks the records of a manifest without decoding pixels.
struct RecordScan: ~Copyable {
    let manifest: Manifest
    private var buffer = RecordBuffer()

    init(paths: String, indexPath: String? = nil) throws {
        var bar = ProgressBar("scanning")
        manifest = try Manifest.open(paths: paths, indexPaths: indexPath) { done, total in
            bar.update(Int(done >> 20), of: max(1, Int(total >> 20)))
            return true
        }
        bar.finish()
        for warning in manifest.warnings { report("warning: \(warning)") }
    }

    mutating func facts(_ ordinal: Int) -> RecordFacts {
        let (file, entry) = manifest.locate(ordinal)
        var facts = RecordFacts(
            ordinal: ordinal, file: manifest.files[file].file.path, offset: entry.offset, bytes: 0)
        do {
            try manifest.readRecord(ordinal, into: &buffer)
            facts.bytes = buffer.byteCount
            let header = try ImageRecordHeader(parsing: buffer.bytes)
            facts.id = header.id
            facts.labels = (0..<min(header.labelCount, 64)).map { header.label($0, of: buffer.bytes) }
            let image = try ImageHeader(of: buffer.bytes.extracting(header.imageOffset...))
            facts.format = "\(image.format)"
            (facts.width, facts.height) = (image.width, image.height)
        } catch {
            facts.problem = "\(error)"
        }
        return facts
    }

    /// The payload of a record, without its image header when `imageOnly`.
    mutating func payload(_ ordinal: Int, imageOnly: Bool) throws -> [UInt8] {
        try manifest.readRecord(ordinal, into: &buffer)
        let start = imageOnly ? try ImageRecordHeader(parsing: buffer.bytes).imageOffset : 0
        return unsafe buffer.withUnsafeBytes { unsafe Array($0[start...]) }
    }
}
