import Augmentation
import DataTypes

/// `AugmentBenchmark [--json] [SAMPLES [NAME]]`: CPU time of the last stage alone, from a decoded image to the finished sample
/// in its slot.
///
/// The images are noise of common sizes: what the stage costs depends on sizes, not on what is to be seen. As in a stream,
/// the image has just been written by somebody else, and the slots are so many that no cache holds them.
@main
struct AugmentBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--json" }
        let isJSON = CommandLine.arguments.contains("--json")
        let count = arguments.first.flatMap { Int($0) } ?? 2000
        let prefix = arguments.dropFirst().first ?? ""
        var results: [String] = []
        for workload in Workload.all where workload.name.hasPrefix(prefix) {
            let levels = try RowKernels.usable.map { kernels in
                (kernels.level, microseconds: try measure(workload, kernels: kernels, count: count))
            }
            if isJSON {
                let fields = levels.map { "\"\($0.0)\" : \($0.microseconds)" }
                results.append("  \"\(workload.name)\" : { " + fields.joined(separator: ", ") + " }")
            } else {
                print(levels.map { "\($0.0) \(Int($0.microseconds.rounded())) µs  " }.joined() + workload.name)
            }
        }
        if isJSON {
            print("{\n  \"unit\" : \"CPU microseconds per sample\",\n" + results.joined(separator: ",\n") + "\n}")
        }
    }

    /// CPU microseconds a sample.
    private static func measure(_ workload: Workload, kernels: RowKernels, count: Int) throws -> Double {
        let (width, height) = (224, 224)
        let values = try ParameterValues(
            workload.parameters, specs: AugmentationParameters.specs, iterator: "ImageRecordIter")
        let planner = SamplePlanner(
            try AugmentationParameters(values, dataShape: (workload.channels, height, width)))
        let output = try SampleOutput(
            format: SlotFormat(
                elementType: workload.elementType, layout: workload.layout, channels: workload.channels,
                height: height, width: width),
            normalisation: Normalisation(values, formula: .version2))
        let slotCount = 128
        var slots = [UInt8](repeating: 0, count: slotCount * output.format.byteCount + 64)
        // Slots of a slab begin at a multiple of 64 bytes.
        let skew = unsafe slots.withUnsafeBytes { unsafe -Int(bitPattern: $0.baseAddress.unsafelyUnwrapped) & 63 }
        var executor = SampleExecutor(kernels: kernels)
        var source = PixelBuffer()
        var nanoseconds: UInt64 = 0
        for sample in 0..<count + slotCount {
            let size = workload.sizes[sample % workload.sizes.count]
            var random = KeyedRandom(seed: 1, epoch: 0, record: UInt64(sample))
            source.reshape(width: size.width, height: size.height, channels: workload.channels)
            decode(into: &source, random: &random)
            let first = skew + sample % slotCount * output.format.byteCount
            var span = slots.mutableSpan
            // Any byte is a UInt8.
            var bytes = unsafe span.mutableBytes
            var slot = bytes._mutatingExtracting(first..<first + output.format.byteCount)
            let start = threadCPUNanoseconds()
            let plan = try planner.plan(width: size.width, height: size.height, random: &random)
            try executor.run(plan, source: source, output: output, into: &slot)
            // The first time round, the kernel maps the pages.
            if sample >= slotCount { nanoseconds += threadCPUNanoseconds() - start }
        }
        return Double(nanoseconds) / 1000 / Double(count)
    }

    private static func decode(into image: inout PixelBuffer, random: inout KeyedRandom) {
        var state = random.next()
        var pixels = image.mutablePixels
        for index in pixels.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            pixels[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
    }
}
