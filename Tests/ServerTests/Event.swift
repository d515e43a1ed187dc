import Dispatch

/// Something that happens once, waited for with a deadline.
final class Event: Sendable {
    private let group = DispatchGroup()

    init() { group.enter() }

    func signal() { group.leave() }

    /// Blocking. False when it has not happened within two minutes: on a busy machine anything may take its time.
    func wait() -> Bool { group.wait(timeout: .now() + 120) == .success }
}
