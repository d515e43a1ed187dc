import DataTypes
import NIOCore
import Transport
import Wire

/// One connection of `FakeServer`: the real session machine over a stream without threads.
final class FakeSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let configuration: FakeServer.Configuration
    private let noteCredit: (Int) -> Void
    private var machine = ServerSessionMachine(software: "headraced/fake", session: 7)
    private var decoder = FrameDecoder(maxBatchBytes: 0)
    private var encoder = FrameEncoder()
    private var rest = ByteBuffer()
    private var counts: [FrameType: Int] = [:]
    private var position = BatchAddress(epoch: 0, step: 0)
    private var context: ChannelHandlerContext?
    private var isCut = false
    private let allocator = ByteBufferSlabAllocator()
    private let layout: BatchLayout

    init(_ configuration: FakeServer.Configuration, noteCredit: @escaping (Int) -> Void) {
        self.configuration = configuration
        self.noteCredit = noteCredit
        layout = BatchLayout(
            data: [
                DataDesc(
                    name: "data", shape: [configuration.rows, configuration.columns], elementType: .uint8, layout: "NC")
            ],
            label: [DataDesc(name: "softmax_label", shape: [configuration.rows], elementType: .float32, layout: "N")],
            batchSize: configuration.rows)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = unwrapInboundIn(data)
        rest.writeBuffer(&input)
        do throws(FrameError) {
            while let frame = try decoder.next(&rest) {
                run(machine.received(frame))
                noteCredit(machine.credits)
            }
        } catch {
            run(machine.framingFailed(error))
        }
    }

    func drain() { run(machine.drain(deadlineSeconds: 1)) }

    private func run(_ actions: [ServerSessionMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let message): write(message.type, encoder.encode(message))
            case .sendBatch(let batch, let token): send(batch, token)
            case .sendRaw(let text): context?.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
            case .open(let request): open(request)
            case .next(let ticket): next(ticket)
            case .resetStream:
                position = BatchAddress(epoch: position.epoch + 1, step: 0)
                run(machine.positionChanged(position, stepCount: configuration.steps))
            case .seekStream(let address):
                if address.step > configuration.steps {
                    run(machine.seekFailed(StreamError(.badPosition, "step \(address.step) of \(configuration.steps)")))
                } else {
                    position = address
                    run(machine.positionChanged(position, stepCount: configuration.steps))
                }
            case .sendState: write(.state, encoder.encode(machine.stateMessage(StreamStatistics())))
            case .closeStream, .clientFailed, .takeBack: break
            case .attach, .appendToArray, .finishArray, .refuseDescriptor:
                preconditionFailure("no test of this server hands arrays over")
            case .closeConnection: context?.close(promise: nil)
            }
        }
    }

    private func open(_ request: OpenRequest) {
        guard request.dataset == "good" else {
            run(machine.openFailed(StreamError(.unknownDataset, "there is no data set 'goof'; did you mean 'good'?")))
            return
        }
        position = request.token.flatMap { ResumeToken($0)?.address } ?? BatchAddress(epoch: 0, step: 0)
        let info = StreamInfo(
            iterator: "FakeIter", provideData: layout.tensors.filter { $0.role == .data }.map(\.desc),
            provideLabel: layout.tensors.filter { $0.role == .label }.map(\.desc), layout: layout,
            batchSize: configuration.rows, numParts: 1, partIndex: 0, recordCount: 9, partRecordCount: 9,
            manifestHash: "m", specHash: "s", prefetch: 2, parameters: request.parameters, warnings: ["mind the gap"])
        run(machine.opened(info, position: position, stepCount: configuration.steps))
    }

    private func next(_ ticket: UInt64) {
        let step = position.step
        guard step < configuration.steps else {
            run(machine.epochEnded(epoch: position.epoch, stepCount: configuration.steps, ticket: ticket))
            return
        }
        let record = BadRecord(reason: "bad_image", message: "ends early", file: "a.rec", offset: 8, ordinal: 5)
        if step == configuration.badStep, configuration.failsAtBadStep {
            run(machine.streamFailed(StreamError(.badRecord, record.description), ticket: ticket))
            return
        }
        position.step += 1
        let slab = allocator.allocate(byteCount: layout.payloadBytes)
        let data = layout.tensors[0]
        // The slab is new, nobody else has it, and the ranges are its layout's.
        for offset in 0..<data.desc.byteCount {
            unsafe slab.bytes[data.offset + offset] = FakeServer.byte(epoch: position.epoch, step: step, at: offset)
        }
        for row in 0..<configuration.rows {
            let label = Float(step * configuration.rows + row)
            unsafe slab.bytes.storeBytes(of: label, toByteOffset: layout.tensors[1].offset + 4 * row, as: Float.self)
            unsafe slab.bytes.storeBytes(
                of: UInt64(100 + row), toByteOffset: layout.index.offset + 8 * row, as: UInt64.self)
        }
        let batch = DataBatch(
            address: BatchAddress(epoch: position.epoch, step: step), partIndex: 0, layout: layout, pad: step % 2,
            stepCount: configuration.steps, badRecords: step == configuration.badStep ? [record] : [], slab: slab,
            giveBack: { _ in })
        run(machine.batchReady(batch, ticket: ticket))
    }

    private func send(_ batch: DataBatch, _ token: String) {
        BatchHeader.write(batch, token: token)
        guard let payload = allocator.buffer(for: batch.slab, byteCount: batch.layout.payloadBytes) else { return }
        var frame = encoder.batchHeader(for: payload, withChecksum: machine.sendsChecksums)
        frame.writeImmutableBuffer(payload)
        write(.batch, frame)
        // The frame is a copy, so the batch need not wait for the write.
        run(machine.batchWritten())
    }

    private func write(_ type: FrameType, _ frame: ByteBuffer) {
        guard !isCut, let context else { return }
        let count = counts[type, default: 0]
        counts[type] = count + 1
        switch configuration.fault(type, count, frame) {
        case .none: context.writeAndFlush(NIOAny(frame), promise: nil)
        case .replace(let bytes): context.writeAndFlush(NIOAny(bytes), promise: nil)
        case .swallow: break
        case .cut(let length):
            isCut = true
            context.writeAndFlush(NIOAny(frame.getSlice(at: 0, length: length) ?? frame), promise: nil)
            context.close(promise: nil)
        }
    }
}
