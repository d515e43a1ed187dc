import ArgumentParser
import DataTypes
import Foundation

/// `headrace bench`: what a data set costs on this machine, stage by stage. Needs no daemon.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures images per second and CPU time per image, without a daemon.",
        discussion:
            "Example: headrace bench path_imgrec=train.rec data_shape=3,224,224 batch_size=128 resize=256 rand_crop=1")

    @Option(help: "The iterator.") var iterator = "ImageRecordIter"
    @Option(help: "Decode threads; by default one a core.") var threads: Int?
    @Option(help: "Epochs to run; the first one also warms the page cache.") var epochs = 2
    @Option(help: "Stop an epoch after this many batches.") var batches: Int?
    @Option(help: "Folder for what scans find out, as the daemon's state folder; by default it is not kept.")
    var cache: String?
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "The iterator's parameters, as key=value.") var parameters: [String] = []

    private struct Result: Encodable {
        var iterator: String
        var threads: Int
        var images: UInt64
        var seconds: Double
        var imagesPerSecond: Double
        var cpuMillisecondsPerImage: Double
        /// CPU time of opening the data set: scans, lists, threads.
        var openCPUMilliseconds: Double
        /// CPU time of each epoch.
        var epochCPUMilliseconds: [Double]
        /// Wall time of each epoch.
        var epochSeconds: [Double]
        var readMillisecondsPerImage: Double
        var decodeMillisecondsPerImage: Double
        var augmentMillisecondsPerImage: Double
        var peakMemoryBytes: Int
    }

    func run() async throws {
        let kind = try IteratorCatalogAccess.kind(iterator)
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        guard (1...1024).contains(threads), (1...1_000_000).contains(epochs), batches ?? 1 > 0 else {
            throw ValidationError("--threads is 1 to 1024, --epochs 1 to 1000000, --batches at least 1")
        }
        let beforeOpening = processCPUSeconds()
        let local = try LocalStream(
            iterator: iterator, parameters: try KeyValueParameters.parse(parameters, for: kind), threads: threads,
            cacheDirectory: cache)
        defer { local.close() }
        var bar = ProgressBar("bench")
        let total = epochs * min(local.stream.stepCount(epoch: 0), batches ?? .max)
        let (cpuStart, start) = (processCPUSeconds(), monotonicNanoseconds())
        var done = 0
        var epochCPU: [Double] = []
        var epochSeconds: [Double] = []
        for _ in 0..<epochs {
            let (epochStart, epochBegin) = (processCPUSeconds(), monotonicNanoseconds())
            var count = 0
            while count < batches ?? .max, try await local.next() != nil {
                count += 1
                done += 1
                bar.update(done, of: max(total, done))
            }
            _ = local.stream.reset()
            epochCPU.append((processCPUSeconds() - epochStart) * 1000)
            epochSeconds.append(Double(monotonicNanoseconds() - epochBegin) / 1e9)
        }
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        let cpu = processCPUSeconds() - cpuStart
        bar.finish()
        let statistics = local.stream.statistics
        let images = Double(max(1, statistics.samples))
        func milliseconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e6 / images }
        try show(
            Result(
                iterator: iterator, threads: threads, images: statistics.samples, seconds: seconds,
                imagesPerSecond: images / seconds, cpuMillisecondsPerImage: cpu * 1000 / images,
                openCPUMilliseconds: (cpuStart - beforeOpening) * 1000, epochCPUMilliseconds: epochCPU,
                epochSeconds: epochSeconds, readMillisecondsPerImage: milliseconds(statistics.readNanoseconds),
                decodeMillisecondsPerImage: milliseconds(statistics.decodeNanoseconds),
                augmentMillisecondsPerImage: milliseconds(statistics.augmentNanoseconds),
                peakMemoryBytes: peakMemoryBytes()))
    }

    private func show(_ result: Result) throws {
        if json {
            print(try jsonText(result))
            return
        }
        func line(_ name: String, _ value: Double, _ unit: String) {
            print(name.padding(toLength: 22, withPad: " ", startingAt: 0) + String(format: "%10.3f ", value) + unit)
        }
        print(
            "\(result.iterator), \(result.threads) threads, \(result.images) images in "
                + String(format: "%.2f s", result.seconds))
        line("images per second", result.imagesPerSecond, "")
        line("CPU, all threads", result.cpuMillisecondsPerImage, "ms per image")
        line("  opening, once", result.openCPUMilliseconds, "ms")
        line("  read", result.readMillisecondsPerImage, "ms per image (wall, per worker)")
        line("  decode", result.decodeMillisecondsPerImage, "ms per image (wall, per worker)")
        line("  augment and write", result.augmentMillisecondsPerImage, "ms per image (wall, per worker)")
        line("peak memory", Double(result.peakMemoryBytes) / 1_048_576, "MiB")
    }

    private func processCPUSeconds() -> Double {
        let usage = Self.usage()
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    private func peakMemoryBytes() -> Int { Self.usage().ru_maxrss * 1024 }

    private static func usage() -> rusage {
        var usage = rusage()
        // `usage` is ours and lives through the call.
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }
}
