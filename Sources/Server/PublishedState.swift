import Wire

/// What status pages show of a session; compared, so that the registry is told of changes only.
struct PublishedState: Equatable {
    var state = SessionState.connected
    var credits = 0
    var isPaused = false
    var waiting: WaitCause?

    init() {}

    init(_ machine: borrowing ServerSessionMachine) {
        state =
            switch machine.state {
            case .connected: .connected
            case .greeted, .attaching: .greeted
            case .opening, .abandoning: .opening
            case .streaming: .streaming
            case .ended: .ended
            case .failed: .failed
            case .closed: .closing
            }
        credits = machine.credits
        isPaused = machine.isPaused
        waiting = WaitCause(rawValue: machine.waitingFor)
    }
}
