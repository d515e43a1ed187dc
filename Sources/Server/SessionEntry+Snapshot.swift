import DataTypes

extension SessionEntry {
    func snapshot(now: ContinuousClock.Instant) -> ClientSnapshot {
        ClientSnapshot(
            identity: identity, connectedAtSeconds: connectedAtSeconds, connectedSeconds: (now - connectedAt).seconds,
            sentBytes: sentBytes, receivedFrames: receivedFrames, sentFrames: sentFrames, streamID: open?.id,
            state: state)
    }

    func snapshot(
        of open: OpenStream, statistics: StreamStatistics, waited: [WaitCause: UInt64], now: ContinuousClock.Instant
    ) -> StreamSnapshot {
        let position = open.stream.position
        return StreamSnapshot(
            id: open.id, clientID: identity.id, dataset: open.dataset, label: open.label, info: open.stream.info,
            statistics: statistics, position: position, stepCount: open.stream.stepCount(epoch: position.epoch),
            credits: open.credits, isPaused: open.isPaused, state: state, waitingFor: open.waiting.cause,
            waitedSeconds: waited.mapValues { Double($0) / 1e9 }, openedSeconds: (now - open.openedAt).seconds)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
