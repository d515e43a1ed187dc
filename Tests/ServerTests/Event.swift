import Dispatch

/// Something that happens once, waited for with a deadline.
final class Event: Sendable {
    private let group = DispatchGroup()

    init() { group.enter() }

    func signal() { group.leave() }

    /// Blocking. False when it has not happened within ten seconds.
    func wait() -> Bool { group.wait(timeout: .now() + 10) == .success }
}
