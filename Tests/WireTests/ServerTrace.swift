import DataTypes
import NIOCore
import Wire

/// A server machine whose actions read as short lines, and the stream that a server would hold for it.
struct ServerTrace: ~Copyable {
    var machine: ServerSessionMachine
    private let steps: Int

    init(steps: Int = 3, passesDescriptors: Bool = false) {
        self.steps = steps
        machine = ServerSessionMachine(software: "headraced/test", session: 7, passesDescriptors: passesDescriptors)
    }

    mutating func gets(_ frame: Frame) -> [String] { machine.received(frame).map(Self.line) }

    mutating func gets(_ message: ControlMessage) -> [String] {
        machine.received(Samples.frame(message)).map(Self.line)
    }

    mutating func opened(_ info: StreamInfo = Samples.info()) -> [String] {
        machine.opened(info, position: BatchAddress(epoch: 0, step: 0), stepCount: steps).map(Self.line)
    }

    mutating func openFailed() -> [String] {
        machine.openFailed(StreamError(.notFound, "no such file")).map(Self.line)
    }

    mutating func batch(_ step: Int, ticket: UInt64, badRecords: [BadRecord] = []) -> [String] {
        machine.batchReady(Samples.batch(step: step, steps: steps, badRecords: badRecords), ticket: ticket)
            .map(Self.line)
    }

    mutating func ended(ticket: UInt64) -> [String] {
        machine.epochEnded(epoch: 0, stepCount: steps, ticket: ticket).map(Self.line)
    }

    mutating func failed(ticket: UInt64) -> [String] {
        machine.streamFailed(StreamError(.badRecord, "bad"), ticket: ticket).map(Self.line)
    }

    mutating func stopped() -> [String] { machine.stop(StreamError(.stopped, "stopped")).map(Self.line) }

    mutating func resumed() -> [String] { machine.resume().map(Self.line) }

    mutating func written() -> [String] { machine.batchWritten().map(Self.line) }

    mutating func moved(epoch: Int, step: Int) -> [String] {
        machine.positionChanged(BatchAddress(epoch: epoch, step: step), stepCount: steps).map(Self.line)
    }

    /// Greets and opens.
    static func streaming(steps: Int = 3) -> ServerTrace {
        var trace = ServerTrace(steps: steps)
        _ = trace.gets(.hello(Samples.hello))
        _ = trace.gets(.open(OpenMessage(OpenRequest(dataset: "d"))))
        _ = trace.opened()
        return trace
    }

    static func line(_ action: ServerSessionMachine.Action) -> String {
        switch action {
        case .refuseDescriptor(let error): "refuseDescriptor \(error.code.rawValue)"
        case .takeBack(let slots): "takeBack \(slots)"
        case .send(.error(let error)): "ERROR \(error.code) \(error.scope.rawValue)"
        case .send(.position(let position)): "POSITION \(position.epoch).\(position.step)"
        case .send(.epochEnd(let end)): "EPOCH_END \(end.epoch) \(end.steps)"
        case .send(.notice(let notice)): "NOTICE \(notice.code) \(notice.action ?? "")"
        case .send(let message): message.type.name
        case .sendBatch(let batch, let token):
            "BATCH \(batch.address.epoch).\(batch.address.step) token \(token.split(separator: ".").suffix(2).joined(separator: "."))"
        case .sendRaw(let text): "raw \(text.prefix(12))"
        case .attach(let name, let shape, let way): "attach \(name) \(shape.byteCount) \(way.rawValue)"
        case .appendToArray(let bytes): "append \(bytes.readableBytes)"
        case .finishArray: "finish"
        case .open(let request): "open \(request.dataset ?? request.iterator ?? "")"
        case .next(let ticket): "next \(ticket)"
        case .resetStream: "reset"
        case .seekStream(let address): "seek \(address.epoch).\(address.step)"
        case .sendState: "state"
        case .closeStream: "close stream"
        case .closeConnection: "close connection"
        case .clientFailed(let error): "client: \(error.message)"
        }
    }
}
