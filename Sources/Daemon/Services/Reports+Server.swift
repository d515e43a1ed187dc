internal import Admin
internal import Server

extension StreamReport {
    init(_ stream: StreamSnapshot) {
        let statistics = stream.statistics
        self.init(
            id: stream.id, clientID: stream.clientID, dataset: stream.dataset, label: stream.label,
            iterator: stream.info.iterator, batchSize: stream.info.batchSize, numParts: stream.info.numParts,
            partIndex: stream.info.partIndex, records: stream.info.recordCount,
            partRecords: stream.info.partRecordCount, epoch: stream.position.epoch, step: stream.position.step,
            steps: stream.stepCount, state: stream.state.rawValue, isPaused: stream.isPaused,
            waitingFor: stream.waitingFor.reportName,
            waitedSeconds: WaitTimes.seconds(stream.waitedSeconds, statistics),
            openedSeconds: stream.openedSeconds, credits: stream.credits, queueDepth: statistics.queueDepth,
            queueCapacity: statistics.queueCapacity, prefetchReason: statistics.prefetchReason.rawValue,
            memoryBytes: statistics.memoryBytes, batches: statistics.batches,
            samples: statistics.samples, badRecords: statistics.badRecords,
            readSeconds: DaemonControl.seconds(statistics.readNanoseconds),
            decodeSeconds: DaemonControl.seconds(statistics.decodeNanoseconds),
            augmentSeconds: DaemonControl.seconds(statistics.augmentNanoseconds),
            cpuSeconds: DaemonControl.seconds(statistics.cpuNanoseconds),
            starvedSeconds: DaemonControl.seconds(statistics.starvedNanoseconds),
            idleSeconds: DaemonControl.seconds(statistics.idleNanoseconds), cacheHits: statistics.cacheHits,
            cacheMisses: statistics.cacheMisses, cacheBytes: statistics.cacheBytes, manifest: stream.info.manifestHash,
            spec: stream.info.specHash, warnings: stream.info.warnings)
    }
}

extension ClientReport {
    init(_ client: ClientSnapshot) {
        self.init(
            id: client.identity.id, peer: client.identity.peer, processID: client.identity.processID.map { Int($0) },
            userID: client.identity.userID.map { Int($0) }, software: client.identity.software,
            state: client.state.rawValue, streamID: client.streamID, connectedAtSeconds: client.connectedAtSeconds,
            connectedSeconds: client.connectedSeconds, receivedFrames: client.receivedFrames,
            sentFrames: client.sentFrames, sentBytes: client.sentBytes)
    }
}

extension BadRecordEntry {
    init(_ report: BadRecordReport) {
        self.init(
            atSeconds: report.atSeconds, clientID: report.clientID, streamID: report.streamID, dataset: report.dataset,
            epoch: report.address.epoch, step: report.address.step, reason: report.record.reason,
            message: report.record.message, file: report.record.file, offset: report.record.offset,
            record: report.record.ordinal)
    }
}
