internal import ServiceLifecycle
internal import Synchronization

/// Starts the graceful stop, from the admin page, the end of standard input, or a test. Works before the service group
/// exists too: it is then stopped as soon as it does.
final class ShutdownTrigger: Sendable {
    private struct State {
        var isPulled = false
        var group: ServiceGroup?
    }
    private let state = Mutex(State())

    func pull() {
        let group = state.withLock { state in
            state.isPulled = true
            return state.group
        }
        if let group { Task { await group.triggerGracefulShutdown() } }
    }

    func attach(_ group: ServiceGroup) {
        let isPulled = state.withLock { state in
            state.group = group
            return state.isPulled
        }
        if isPulled { Task { await group.triggerGracefulShutdown() } }
    }
}
