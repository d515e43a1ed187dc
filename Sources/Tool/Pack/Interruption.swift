import Foundation
import Synchronization

/// The end of a pipe that the signal handler writes to, because there is little else that a handler may do; -1: none.
private let handlerPipe = Atomic<Int32>(-1)

/// Turns Ctrl-C and the like into a flag, so that the command can remove what it has begun.
final class Interruption: Sendable {
    private struct State {
        var signal: Int32?
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// The signal that came, or nil.
    var received: Int32? { state.withLock { $0.signal } }

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
    ///
    /// Only one at a time in a process.
    func watching<R>(_ body: () throws -> R) throws -> R {
        let pipe = Pipe()
        let writer = pipe.fileHandleForWriting
        let (isFirst, _) = handlerPipe.compareExchange(
            expected: -1, desired: writer.fileDescriptor, ordering: .acquiringAndReleasing)
        precondition(isFirst, "signals are watched already")
        Thread.detachNewThread {
            // Ends when the writing end is closed.
            while let number = try? pipe.fileHandleForReading.read(upToCount: 1)?.first {
                self.interrupt(Int32(number))
            }
        }
        var watched: [Int32] = []
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let former = signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                // A pipe has room for thousands of these; the byte is ours and lives through the call.
                _ = unsafe write(handlerPipe.load(ordering: .acquiring), &byte, 1)
            }
            // Only compared: SIG_IGN is the address 1.
            if unsafe unsafeBitCast(former, to: Int.self) == 1 {
                signal(number, SIG_IGN)
            } else {
                watched.append(number)
            }
        }
        defer {
            for number in watched { signal(number, SIG_DFL) }
            handlerPipe.store(-1, ordering: .releasing)
            try? writer.close()
        }
        return try body()
    }
}
