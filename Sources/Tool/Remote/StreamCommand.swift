import ArgumentParser
import DataTypes
import Foundation
import HeadraceClient

/// `headrace stream`: reads a stream as a trainer would, with the Swift client, and says how fast it came.
struct StreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream", abstract: "Streams epochs from a daemon and reports the speed.",
        discussion: "Example: headrace stream unix:/run/headrace/data.sock --dataset train batch_size=64. "
            + "For tls://: HEADRACE_CA, HEADRACE_CERTIFICATE, HEADRACE_KEY (files) and HEADRACE_TOKEN.")

    @Argument(help: "The daemon: unix:/path, tcp://host:port or tls://host:port.") var server: String
    @Option(help: "A data set of the daemon's configuration.") var dataset: String?
    @Option(help: "The iterator, when no data set is named.") var iterator = "ImageRecordIter"
    @Option(help: "Epochs to read.") var epochs = 1
    @Flag(help: "Print JSON.") var json = false
    @Argument(help: "Parameters, as key=value.") var parameters: [String] = []

    private struct Result: Encodable {
        var epoch: Int
        var batches: Int
        var samples: Int
        var seconds: Double
        var samplesPerSecond: Double
    }

    func run() async throws {
        guard epochs > 0 else { throw ValidationError("--epochs must be at least 1") }
        var options = HeadraceOptions()
        let environment = ProcessInfo.processInfo.environment
        options.tls = HeadraceTLS(
            authority: environment["HEADRACE_CA"], certificate: environment["HEADRACE_CERTIFICATE"],
            key: environment["HEADRACE_KEY"])
        options.token = environment["HEADRACE_TOKEN"]
        options.onNotice = { report("notice: \($0)") }
        let client = try await HeadraceClient.connect(server, options: options)
        var values: [String: HeadraceValue] = [:]
        for (name, value) in try KeyValueParameters.pairs(parameters) {
            // A shape without brackets, as the other commands take it too.
            let isBareShape = name.hasSuffix("_shape") && value.contains(",") && value.first?.isNumber == true
            values[name] = .string(isBareShape ? "(\(value))" : value)
        }
        let stream =
            if let dataset {
                try await client.open(dataset: dataset, parameters: values)
            } else {
                try await client.open(iterator: iterator, parameters: values)
            }
        for warning in stream.warnings { report("warning: \(warning)") }
        if !json {
            print(
                "\(stream.iterator): \(stream.partRecordCount) of \(stream.recordCount) samples, "
                    + "\(stream.stepsPerEpoch) batches of \(stream.batchSize), \(stream.provideData[0].shape)")
        }
        for _ in 0..<epochs {
            try show(try await epoch(of: stream))
            try await stream.reset()
        }
        try await stream.close()
        await client.close()
    }

    private func epoch(of stream: HeadraceStream) async throws -> Result {
        let start = monotonicNanoseconds()
        var result = Result(epoch: stream.epoch, batches: 0, samples: 0, seconds: 0, samplesPerSecond: 0)
        while let batch = try await stream.next() {
            result.batches += 1
            result.samples += stream.batchSize - batch.pad
        }
        result.seconds = Double(monotonicNanoseconds() - start) / 1e9
        result.samplesPerSecond = Double(result.samples) / result.seconds
        return result
    }

    private func show(_ result: Result) throws {
        if json {
            print(try jsonText(result))
        } else {
            let speed = String(format: "%.2f s, %.0f samples/s", result.seconds, result.samplesPerSecond)
            print("epoch \(result.epoch): \(result.batches) batches, \(result.samples) samples in \(speed)")
        }
    }
}
