import ArgumentParser
import DataTypes
import Foundation
import ImageCodec
import Iterators

/// `headrace preview`: a contact sheet of the samples a trainer would get.
struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "Writes a PNG with the augmented samples that a trainer would get.",
        discussion:
            "Takes the iterator's parameters as key=value. Normalisation (mean, std, scale) is left out, because "
            + "the picture is for eyes.")

    @Option(help: "The iterator.") var iterator = "ImageRecordIter"
    @Option(name: .shortAndLong, help: "The PNG file to write.") var output = "preview.png"
    @Option(help: "Samples to show.") var count = 32
    @Option(help: "Samples in a row.") var columns = 8
    @Option(help: "The epoch.") var epoch = 0
    @Option(help: "The step of the first sample.") var step = 0
    @Argument(help: "The iterator's parameters, as key=value.") var parameters: [String] = []

    /// Parameters that change numbers a trainer computes with and not what a person sees.
    private static let normalisation: Set<String> = [
        "mean_img", "mean_r", "mean_g", "mean_b", "mean_a", "std_r", "std_g", "std_b", "std_a", "scale", "dtype",
        "max_random_contrast", "max_random_illumination",
    ]

    func run() async throws {
        guard (1...4096).contains(count), (1...256).contains(columns) else {
            throw ValidationError("--count is 1 to 4096, --columns 1 to 256")
        }
        // The iterators of one family differ in what eyes do not see, and some have a number format in their name.
        let iterator = iterator.hasPrefix("ImageRecord") ? "ImageRecordIter" : iterator
        let kind = try IteratorCatalogAccess.kind(iterator)
        var raw = try KeyValueParameters.parse(parameters, for: kind)
        for name in Self.normalisation { raw[name] = nil }
        raw["dtype"] = .string("uint8")
        raw["layout"] = .string("NHWC")
        if raw["batch_size"] == nil { raw["batch_size"] = .integer(min(count, 32)) }
        let local = try LocalStream(
            iterator: iterator, parameters: raw, threads: ProcessInfo.processInfo.activeProcessorCount)
        defer { local.close() }
        try local.stream.seek(to: BatchAddress(epoch: epoch, step: step))
        let shape = local.stream.info.provideData[0].shape
        var sheet = ContactSheet(count: count, columns: columns, height: shape[1], width: shape[2])
        var shown = 0
        while shown < count, let batch = try await local.next() {
            for row in 0..<min(shape[0] - batch.pad, count - shown) {
                unsafe batch.withTensor(batch.layout.tensors[0]) { bytes in
                    // Row `row` of the data tensor, height × width × channels.
                    let size = batch.layout.tensors[0].sampleBytes
                    unsafe sheet.place(bytes[row * size..<(row + 1) * size], channels: shape[3], at: shown)
                }
                shown += 1
            }
        }
        guard shown > 0 else { throw ToolError("there are no samples at epoch \(epoch), step \(step)") }
        let png = try sheet.encode(rowsFor: shown)
        try Data(png).write(to: URL(fileURLWithPath: output), options: .atomic)
        print("\(output): \(shown) samples of \(shape[2])×\(shape[1]), epoch \(epoch) from step \(step)")
    }
}
