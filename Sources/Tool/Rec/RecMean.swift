import ArgumentParser
import Augmentation
import DataTypes
import Foundation
import Iterators

/// `headrace rec mean`: the mean image that `mean_img` takes.
///
/// MXNet makes it by the way, when the file that `mean_img` names does not exist, and then takes the normalisation into
/// the mean.
struct RecMean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mean", abstract: "Makes the mean image of a data set, for the parameter mean_img.",
        discussion: """
            The parameters are those of ImageRecordIter, but for normalisation. The mean is taken over the samples of one \
            epoch as they are augmented.

            Example: headrace rec mean mean.bin path_imgrec=train.rec data_shape=3,224,224 resize=256
            """)

    @Argument(help: "The file to write.") var output: String
    @Argument(help: "Parameters of ImageRecordIter, as key=value.") var parameters: [String]
    @Option(help: "Decode threads; by default one a core.") var threads: Int?

    /// The mean is of pixel values, in the order of channels, rows and columns.
    private static let refused: Set<String> = [
        "mean_img", "mean_r", "mean_g", "mean_b", "mean_a", "std_r", "std_g", "std_b", "std_a", "scale", "dtype",
        "layout",
    ]

    func run() async throws {
        let iterator = "ImageRecordIter"
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        guard threads > 0 else { throw ValidationError("--threads must be at least 1") }
        var values = try KeyValueParameters.parse(parameters, for: try IteratorCatalog.kind(named: iterator))
        if let name = values.keys.sorted().first(where: Self.refused.contains) {
            throw ValidationError("'\(name)' has no place here: the mean is of pixel values before normalisation")
        }
        values["dtype"] = .string("float32")
        if values["batch_size"] == nil { values["batch_size"] = .integer(32) }

        let local = try LocalStream(iterator: iterator, parameters: values, threads: threads)
        defer { local.close() }
        let tensor = local.stream.info.layout.tensors[0]
        let shape = tensor.desc.shape
        var accumulator = MeanImage.Accumulator(channels: shape[1], height: shape[2], width: shape[3])
        var bar = ProgressBar("averaging")
        let steps = local.stream.stepCount(epoch: 0)
        var samples = 0
        while let batch = try await local.next() {
            let rows = batch.layout.batchSize - batch.pad
            unsafe batch.withTensor(tensor) { bytes in
                // The tensor is Float32 by its descriptor, aligned to 64 bytes and lent for the length of the closure.
                let values = unsafe Span(_unsafeElements: bytes.bindMemory(to: Float.self))
                let count = tensor.desc.elementCount / batch.layout.batchSize
                for row in 0..<rows { accumulator.add(values.extracting(row * count..<(row + 1) * count)) }
            }
            samples += rows
            for bad in batch.badRecords { report("left out: \(bad)") }
            bar.update(batch.address.step + 1, of: steps)
        }
        bar.finish()
        guard samples > 0 else { throw ToolError("there are no samples to take a mean of; nothing was written") }
        try Data(accumulator.mean().fileBytes).write(to: URL(fileURLWithPath: output), options: .atomic)
        print("\(output): mean of \(samples) samples, \(shape[1])×\(shape[2])×\(shape[3])")
    }
}
