import DataTypes
import Daemon
import Iterators
import NIOCore
import Pipeline
import Wire

/// The payload of OPEN, whose texts may begin with `/D/` for the folder of small files.
///
/// It goes the daemon's way as far as the memory, of which there is none; what fails of that alone is opened and read.
enum OpenTarget {
    private static let client = ClientIdentity(id: 1, processID: nil, userID: 1000, peer: "unix", software: "fuzz")
    private static let context = IteratorContext(
        maxPixels: 1 << 20, maxRecordBytes: 1 << 20, caches: CacheBudget(limitBytes: 1 << 20),
        decoded: DecodedCache(budget: CacheBudget(limitBytes: 1 << 20)))
    private static let opener = DatasetOpener(
        rules: DatasetOpener.Rules(
            datasets: [
                "d": DatasetConfiguration(
                    name: "d", iterator: "CSVIter",
                    parameters: ["data_csv": .string(FuzzFolder.data + "/a.csv"), "data_shape": .integer(2)],
                    locked: ["seed"])
            ], paths: .beneath([FuzzFolder.data]), context: context),
        pool: WorkerPool(threads: 1, readers: 1), budget: MemoryBudget(limitBytes: 0, limitBytesPerClient: 0))

    static func run(_ input: FuzzInput) {
        var input = input
        guard let message = try? JSONPayload.decode(OpenMessage.self, from: ByteBuffer(bytes: input.remainder())),
            var request = try? message.request()
        else { return }
        request.parameters = request.parameters.mapValues(inFolder)
        do throws(StreamError) {
            _ = try opener.open(request, client: client, allocator: HeapSlabAllocator())
            fatalError("a stream was opened without memory")
        } catch {
            expect(!error.message.isEmpty, "refused without a reason")
            // The answer must fit a frame, whatever of the request it repeats.
            let answer = ControlMessage.error(ErrorMessage(error, scope: .request)).payload()
            expect(answer.readableBytes <= WireLimits.controlPayloadBytes, "an answer of \(answer.readableBytes) bytes")
            guard error.code == .memoryLimit, let name = request.iterator else { return }
            // The paths have been found to lie in the folder.
            var context = context
            context.authorise = { path, _ in path }
            guard let kind = try? IteratorCatalog.kind(named: name),
                let source = try? kind.open(request.parameters, context: context)
            else { return }
            let opened = OpenedMessage(
                source.info, position: BatchAddress(epoch: 0, step: 0),
                stepCount: source.epochPlan.stepCount(epoch: 0))
            _ = JSONPayload.encode(opened)
            SourceExercise.run(source)
        }
    }

    private static func inFolder(_ value: ParameterValue) -> ParameterValue {
        switch value {
        case .string(let text):
            .string(text.split(separator: ";", omittingEmptySubsequences: false).map(inFolder).joined(separator: ";"))
        case .list(let list): .list(list.map(inFolder))
        default: value
        }
    }

    private static func inFolder(_ text: Substring) -> String {
        text.hasPrefix("/D/") ? FuzzFolder.data + text.dropFirst(2) : String(text)
    }
}
