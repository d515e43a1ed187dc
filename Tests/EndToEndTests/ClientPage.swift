import HeadraceClient
import HeadraceInProcess
import Synchronization

/// Reads two epochs; the result resumes the run at the batch behind the last one that was used.
func readTwoEpochs(from address: String, table: String) async throws -> String {
    let client = try await HeadraceClient.connect(address)  // unix:/run/headrace/data.sock, tcp://host:9347
    let stream = try await client.open(
        iterator: "CSVIter",
        parameters: ["data_csv": .string(table), "data_shape": 3, "batch_size": 4, "shuffle": true, "seed": 1])
    for epoch in 0..<2 {
        if epoch > 0 { try await stream.reset() }
        for try await batch in stream {
            let rows = batch.data[0]  // holds the batch's memory
            let values = rows.span(as: Float.self)  // 4 × 3 numbers, without a copy
            precondition(values.count == 12 && batch.pad < 4)
        }
    }
    await client.close()
    return stream.token
}

/// The same stream without a daemon.
func openInProcess(table: String) async throws -> HeadraceStream {
    try await HeadracePipeline(threads: 2).open(
        iterator: "CSVIter", parameters: ["data_csv": .string(table), "data_shape": 3, "batch_size": 4])
}

/// Pictures and captions side by side, 500 batches an epoch.
func sideBySide(_ images: HeadraceStream, _ captions: HeadraceStream) throws -> PrefetchingIter {
    try PrefetchingIter(
        [ResizeIter(images, size: 500), ResizeIter(captions, size: 500)],
        renameData: [["data": "image"], ["data": "caption"]])
}

/// Squares of whole numbers, two a batch.
final class Squares: BatchIterating {
    let provideData = [TensorDescription(name: "square", shape: [2], elementType: .float32, layout: "N")]
    let provideLabel: [TensorDescription] = []
    private let step = Mutex(0)

    func next() async throws -> HeadraceBatch? {
        let number = step.withLock { step in
            defer { step += 1 }
            return step
        }
        guard number < 10 else { return nil }
        let squares = [2 * number, 2 * number + 1].map { Float($0 * $0) }
        return try HeadraceBatch(data: [HeadraceTensor("square", squares, shape: [2], layout: "N")], step: number)
    }

    func reset() async throws { step.withLock { $0 = 0 } }
}

/// The squares beside a stream: an epoch is as long as the shorter of them.
func withSquares(_ stream: HeadraceStream) async throws -> Int {
    let both = try MultiIter([stream, Squares()])
    var count = 0
    for try await batch in both {
        precondition(batch.data.count == 2 && both.provideData[1].name == "square")
        count += 1
    }
    return count
}

/// Rows of an array in memory, in batches of 128, shuffled.
func readArray(of client: HeadraceClient, _ pixels: [Float]) async throws -> Int {
    let images = try HeadraceArray("images", pixels, shape: [pixels.count / 784, 28, 28])
    try await client.attach(images)
    let stream = try await client.open(
        iterator: "NDArrayIter", parameters: ["data": images.reference, "batch_size": 128, "shuffle": true])
    return stream.stepsPerEpoch
}
