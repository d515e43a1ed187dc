import ArgumentParser
import Foundation
import ImageCodec

/// How pictures become records: the second half of `tools/im2rec.py`'s options, with its names and defaults.
struct RecordOptions: ParsableArguments {
    @Flag(name: .customLong("pass-through"), help: "Store the files' bytes as they are, without looking at them.")
    var passThrough = false
    @Option(help: "Length of the shorter side, in pixels; by default sizes are kept.") var resize: Int?
    @Flag(name: .customLong("center-crop"), help: "Cut out the largest square in the middle, before resizing.")
    var centerCrop = false
    @Option(help: "JPEG quality, 0 to 100, or effort for PNG, 0 to 9.") var quality = 95
    @Option(
        name: .customLong("num-thread"), help: "Threads; by default one a core. The output does not depend on them.")
    var numThread: Int?
    // A negative number is no option, which only this strategy knows.
    @Option(parsing: .unconditional, help: "-1: colours as they are, 0: gray, 1: colour.") var color = 1
    @Option(help: "Format of the pictures in the records, .jpg or .png.") var encoding = PictureTreatment.Encoding.jpeg
    @Flag(name: .customLong("pack-label"), help: "Store all labels of a line, not the first alone.")
    var packLabel = false

    func validate() throws {
        guard (0...65_500).contains(resize ?? 0) else { throw ValidationError("--resize must be 1 to 65500") }
        guard (0...100).contains(quality) else { throw ValidationError("--quality must be 0 to 100") }
        guard (-1...1).contains(color) else { throw ValidationError("--color must be -1, 0 or 1") }
        guard (1...256).contains(numThread ?? 1) else { throw ValidationError("--num-thread must be 1 to 256") }
    }

    var threads: Int { numThread ?? min(256, ProcessInfo.processInfo.activeProcessorCount) }

    var treatment: PictureTreatment {
        PictureTreatment(
            // As in im2rec, 0 stands for no resizing.
            isPassedThrough: passThrough, isCropped: centerCrop, resize: resize == 0 ? nil : resize,
            colour: color < 0 ? .unchanged : color == 0 ? .gray : .bgr, encoding: encoding, quality: quality)
    }
}

extension PictureTreatment.Encoding: ExpressibleByArgument {}
