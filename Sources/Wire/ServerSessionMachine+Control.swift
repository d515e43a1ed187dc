package import DataTypes

/// What an administrator does to a stream.
extension ServerSessionMachine {
    /// Ends the stream. Its resources are given back at once; the client is told why, and whatever it asks of the stream
    /// until it closes it is refused for the same reason. Between epochs nothing is under way that could fail, so it is
    /// told when it asks.
    package mutating func stop(_ reason: StreamError) -> [Action] {
        guard stream != nil, state == .streaming || state == .ended || state == .failed else { return [] }
        let isFlowing = state == .streaming
        stopped = reason
        state = .failed
        let release = releaseStream()
        return isFlowing ? release + [.send(.error(ErrorMessage(reason, scope: .stream)))] : release
    }

    /// No more batches for a while. One that was asked for already still goes out.
    package mutating func pause() -> [Action] {
        if stream != nil { isPaused = true }
        return []
    }

    /// Goes on where `pause` stopped; the client's credit has been kept.
    package mutating func resume() -> [Action] {
        isPaused = false
        return pump()
    }

    /// - Returns: nil for what is treated as ever.
    mutating func answer(to message: ControlMessage, afterStop reason: StreamError) -> [Action]? {
        switch message {
        case .reset, .seek, .stateRequest: return refuse(reason)
        // Asked for before the client knew.
        case .credit: return []
        case .close: return backToGreeted([.send(.close)])
        default: return nil
        }
    }
}
