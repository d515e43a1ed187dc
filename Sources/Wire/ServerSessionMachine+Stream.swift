package import DataTypes

/// What the stream answered, and the bytes that have been written.
extension ServerSessionMachine {
    /// The stream asked for by `.open` is there.
    ///
    /// - Returns: among others `.closeStream` when it is not wanted any more.
    package mutating func opened(_ info: StreamInfo, position: BatchAddress, stepCount: Int) -> [Action] {
        stream = info
        switch state {
        case .opening:
            if let refusal = refusal(of: info) {
                let release = releaseStream()
                return release + backToGreeted(refuse(refusal))
            }
            state = .streaming
            credits = 0
            self.position = position
            self.stepCount = stepCount
            let answer = OpenedMessage(
                info, position: position, stepCount: stepCount, hasSlots: features.contains(WireLimits.slotsFeature))
            return [.send(.opened(answer))] + pump()
        case .abandoning:
            let release = releaseStream()
            return release + backToGreeted([.send(.close)])
        default:
            return releaseStream()
        }
    }

    /// Why a stream that could be opened is not served, or nil.
    private func refusal(of info: StreamInfo) -> StreamError? {
        if isDraining { return Self.draining }
        let longestToken = ResumeToken(
            manifestHash: info.manifestHash, specHash: info.specHash, address: BatchAddress(epoch: .max, step: .max))
        if let problem = BatchHeader.problem(with: info.layout, tokenBytes: longestToken.description.utf8.count) {
            return StreamError(.badParameter, problem, hint: "choose other data or label names")
        }
        let limit = min(client?.maxFrameBytes ?? 0, WireLimits.batchPayloadBytes)
        guard UInt64(info.layout.payloadBytes) > limit else { return nil }
        return StreamError(
            .overLimit, "a batch takes \(info.layout.payloadBytes) bytes, a frame to this client at most \(limit)",
            hint: "lower batch_size, or raise max_frame in the client")
    }

    /// The stream asked for by `.open` could not be opened.
    package mutating func openFailed(_ error: StreamError) -> [Action] {
        switch state {
        case .opening: backToGreeted(refuse(error))
        case .abandoning: backToGreeted([.send(.close)])
        default: []
        }
    }

    /// The stream handed over a batch.
    ///
    /// - Parameter badRecordAction: what the stream does with bad records, for the NOTICEs: `skip` or `substitute`.
    package mutating func batchReady(_ batch: DataBatch, ticket: UInt64) -> [Action] {
        guard take(ticket), let stream else { return [] }
        credits -= 1
        batchesInFlight += 1
        position = BatchAddress(epoch: batch.address.epoch, step: batch.address.step + 1)
        stepCount = batch.stepCount
        // A stream under the policy `error` delivers no batch that has bad records.
        let action = stream.parameters["on_bad_record"] == .string("substitute") ? "substitute" : "skip"
        var actions = batch.badRecords.map {
            Action.send(.notice(NoticeMessage($0, address: batch.address, action: action)))
        }
        actions.append(.sendBatch(batch, token: token(of: stream)))
        return actions + pump()
    }

    /// The stream said that all batches of the epoch have been handed over.
    package mutating func epochEnded(epoch: Int, stepCount: Int, ticket: UInt64) -> [Action] {
        guard take(ticket) else { return [] }
        state = .ended
        position = BatchAddress(epoch: epoch, step: stepCount)
        self.stepCount = stepCount
        return [.send(.epochEnd(EpochEndMessage(epoch: epoch, steps: stepCount)))]
    }

    /// The stream cannot go on with this epoch.
    package mutating func streamFailed(_ error: StreamError, ticket: UInt64) -> [Action] {
        guard take(ticket) else { return [] }
        state = .failed
        return [.send(.error(ErrorMessage(error, scope: .stream)))]
    }

    /// A batch of `.sendBatch` has been written to the socket.
    package mutating func batchWritten() -> [Action] {
        batchesInFlight -= 1
        return pump()
    }

    /// The stream stands at another place, after `.resetStream` or `.seekStream`.
    package mutating func positionChanged(_ address: BatchAddress, stepCount: Int) -> [Action] {
        guard stream != nil else { return [] }
        state = .streaming
        credits = 0
        // The stream drops its outstanding call of `next`; an answer already on its way has an old ticket.
        nextIsOutstanding = false
        position = address
        self.stepCount = stepCount
        let answer = PositionMessage(epoch: address.epoch, step: address.step, steps: stepCount)
        return [.send(.position(answer))] + pump()
    }

    /// The stream refused to seek. It stands where it stood, with the credit it had.
    package func seekFailed(_ error: StreamError) -> [Action] { refuse(error) }

    /// The answer to `.sendState`.
    package func stateMessage(_ statistics: StreamStatistics) -> ControlMessage {
        .state(
            StateMessage(
                token: stream.map { token(of: $0) } ?? "", position: position, stepCount: stepCount, credits: credits,
                statistics: statistics))
    }
}
