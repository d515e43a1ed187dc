import Dispatch
import Foundation
import Synchronization

/// Turns Ctrl-C and the like into a flag, so that the command can remove what it has begun.
final class Interruption: Sendable {
    private struct State {
        var signal: Int32?
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// The signal that came, or nil.
    var signal: Int32? { state.withLock { $0.signal } }

    /// - Parameter number: of the signal.
    func interrupt(_ number: Int32) {
        let wake = state.withLock { state in
            state.signal = number
            return state.wake
        }
        wake?()
    }

    /// Has `wake` called, on any thread, when a signal comes, and at once when one has come.
    func onSignal(_ wake: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.wake = wake
            return state.signal != nil
        }
        if isLate { wake() }
    }

    /// Watches SIGINT, SIGTERM and SIGHUP while `body` runs, but for those that are ignored, as SIGHUP is under `nohup`.
    func watching<R>(_ body: () throws -> R) rethrows -> R {
        var watched: [(number: Int32, source: any DispatchSourceSignal)] = []
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // The default action would end the process before the source is told. The handler that was there is only
            // compared: SIG_IGN is the address 1.
            guard unsafe unsafeBitCast(Foundation.signal(number, SIG_IGN), to: Int.self) != 1 else { continue }
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { self.interrupt(number) }
            source.resume()
            watched.append((number, source))
        }
        defer {
            for (number, source) in watched {
                source.cancel()
                Foundation.signal(number, SIG_DFL)
            }
        }
        return try body()
    }
}
