import DataTypes
import Logging
import NIOCore
import NIOPosix
import Transport
import Wire

extension SessionHandler {
    /// Opens a stream on a thread that may block.
    func open(_ request: OpenRequest) {
        guard let context else { return }
        do throws(StreamError) {
            try checkToken()
            try environment.registry.beginOpening(identity.id)
        } catch {
            run(machine.openFailed(error))
            return
        }
        var request = request
        request.arrays = arrays
        self.request = request
        let opening = StreamOpening()
        self.opening = opening
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let environment = environment
        let identity = identity
        let opened = request
        let allocator: any SlabAllocator = slots ?? environment.allocator
        environment.openPool.submit { state in
            let result: Result<any BatchStream, StreamError>? =
                switch state {
                case .active: opening.run(opened, client: identity, allocator: allocator, environment: environment)
                case .cancelled: nil
                }
            eventLoop.execute { handler.value.opened(result) }
        }
    }

    /// - Parameter result: nil when the opening was abandoned.
    private func opened(_ result: Result<any BatchStream, StreamError>?) {
        opening = nil
        let registry = environment.registry
        switch result {
        case .success(let stream) where context == nil:
            stream.close()
            registry.openingFailed(identity.id, isRefusal: false)
        case .success(let stream):
            self.stream = stream
            // Pages and terminals show it as it is.
            let label = request?.label.map { LogText.clean($0) }
            streamID = registry.streamOpened(identity.id, stream: stream, dataset: request?.dataset, label: label)
            badRecordLog = LogLimiter()
            let position = stream.position
            var metadata: Logger.Metadata = [
                "stream": "\(streamID)", "iterator": "\(stream.info.iterator)", "epoch": "\(position.epoch)",
                "step": "\(position.step)",
            ]
            if let dataset = request?.dataset { metadata["dataset"] = "\(dataset)" }
            if let label { metadata["label"] = "\(label)" }
            logLine(.info, "stream opened", metadata)
            run(
                machine.opened(
                    stream.info, position: position, stepCount: stream.stepCount(epoch: position.epoch)))
        case .failure(let error):
            registry.openingFailed(identity.id, isRefusal: true)
            run(machine.openFailed(error))
        case nil:
            registry.openingFailed(identity.id, isRefusal: false)
        }
    }

    func closeStream() {
        guard let stream else { return }
        self.stream = nil
        request = nil
        // The totals take over the stream's figures, so they are read before it is closed.
        environment.registry.streamEnded(identity.id)
        let statistics = stream.statistics
        stream.close()
        // Only now: the stream would fill the slabs anew, and the client may go on looking at them.
        dropSlots()
        logLine(
            .info, "stream closed",
            [
                "stream": "\(streamID)", "batches": "\(statistics.batches)", "samples": "\(statistics.samples)",
                "bad_records": "\(statistics.badRecords)",
            ])
    }

    func resetStream() {
        guard let stream else { return }
        let position = stream.reset()
        run(machine.positionChanged(position, stepCount: stream.stepCount(epoch: position.epoch)))
    }

    func seekStream(to address: BatchAddress) {
        guard let stream else { return }
        do {
            try stream.seek(to: address)
            run(machine.positionChanged(address, stepCount: stream.stepCount(epoch: address.epoch)))
        } catch {
            run(machine.seekFailed(error))
        }
    }

    /// Asks the stream for its next event. The answer comes on any thread, or within the call.
    func requestNext(_ ticket: UInt64) {
        guard let stream, let context else { return }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let info = stream.info
        let checksumPool = machine.sendsChecksums ? environment.checksumPool : nil
        stream.next { result in
            guard let checksumPool, case .success(.batch(let batch)) = result else {
                eventLoop.execute { handler.value.delivered(result, ticket: ticket, checksum: nil) }
                return
            }
            checksumPool.submit { state in
                guard case .active = state else { return }
                let next = BatchAddress(epoch: batch.address.epoch, step: batch.address.step + 1)
                let token = ResumeToken(manifestHash: info.manifestHash, specHash: info.specHash, address: next)
                BatchHeader.write(batch, token: token.description)
                let checksum = Checksum.crc32(batch)
                eventLoop.execute { handler.value.delivered(result, ticket: ticket, checksum: checksum) }
            }
        }
    }

    private func delivered(_ result: Result<StreamEvent, StreamError>, ticket: UInt64, checksum: UInt32?) {
        switch result {
        case .success(.batch(let batch)):
            readyChecksum = checksum
            let actions = machine.batchReady(batch, ticket: ticket)
            // No action: the client has moved or gone since, and the batch is not for it any more.
            if !actions.isEmpty { report(batch.badRecords, at: batch.address) }
            run(actions)
            readyChecksum = nil
        case .success(.epochEnd(let epoch, let stepCount)):
            run(machine.epochEnded(epoch: epoch, stepCount: stepCount, ticket: ticket))
        case .failure(let error):
            let actions = machine.streamFailed(error, ticket: ticket)
            if !actions.isEmpty, let record = error.badRecord { report([record], at: machine.position) }
            run(actions)
        }
    }

    private func report(_ records: [BadRecord], at address: BatchAddress) {
        for record in records {
            environment.registry.badRecord(
                BadRecordReport(
                    atSeconds: WallClock.nowSeconds, clientID: identity.id, streamID: streamID,
                    dataset: request?.dataset, address: address, record: record))
            guard let suppressed = badRecordLog.admit(now: .now) else { continue }
            var metadata: Logger.Metadata = [
                "stream": "\(streamID)", "code": "\(record.reason)", "file": "\(record.file)",
                "offset": "\(record.offset)", "epoch": "\(address.epoch)", "step": "\(address.step)",
            ]
            if suppressed > 0 { metadata["suppressed"] = "\(suppressed)" }
            log.warning("bad record: \(record)", metadata: metadata)
        }
    }
}
