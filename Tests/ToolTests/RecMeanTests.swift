import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import Tool

@Suite("rec mean")
struct RecMeanTests {
    @Test(
        "the file is the one that MXNet writes, whatever the batches and threads", arguments: ["4", "7", "100"],
        ["1", "3"])
    func reference(batchSize: String, threads: String) async throws {
        let set = try GoldenSet.load()
        let golden = try #require(set.cases.first { $0.name == "rec_mean_img_write" })
        let files = try #require(golden.expect["files"] as? [String: [String: Any]])
        let file = try #require(files.values.first?["file"] as? String)
        let folder = try TemporaryFolder()
        let command = try RecMean.parse([
            folder.path + "/mean.bin", "path_imgrec=\(set.root)/in/rec/photos_png.rec", "data_shape=3,20,28",
            "batch_size=\(batchSize)", "--threads", threads,
        ])
        try await command.run()
        #expect(try folder.read("mean.bin") == Array(Data(contentsOf: URL(filePath: set.root + "/" + file))))
    }

    @Test(
        "normalisation is refused by name",
        arguments: ["mean_r=3", "scale=0.5", "std_b=2", "mean_img=x", "dtype=uint8"])
    func normalisation(parameter: String) async throws {
        let folder = try TemporaryFolder()
        let command = try RecMean.parse([folder.path + "/mean.bin", "path_imgrec=x.rec", "data_shape=3,8,8", parameter])
        let error = try await #require(throws: ValidationError.self) { try await command.run() }
        #expect(error.message.contains(parameter.split(separator: "=")[0]))
        #expect(try folder.names.isEmpty)
    }
}
