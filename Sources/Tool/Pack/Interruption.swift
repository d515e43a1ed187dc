import Dispatch
import Foundation
import Synchronization

/// Turns Ctrl-C and the like into a flag, so that the command can remove what it has begun.
final class Interruption: Sendable {
    private let received = Atomic<Int32>(0)

    /// The signal that came, or nil.
    var signal: Int32? {
        let number = received.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    func interrupt(_ number: Int32) { received.store(number, ordering: .releasing) }

    /// Watches SIGINT, SIGTERM and SIGHUP while `body` runs.
    ///
    /// - Parameter wake: called after one of them came, on a thread of its own.
    func watching<R>(wake: @escaping @Sendable () -> Void, _ body: () throws -> R) rethrows -> R {
        let numbers = [SIGINT, SIGTERM, SIGHUP]
        let sources = numbers.map { number in
            // The default action would end the process before the source is told.
            unsafe Foundation.signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                self.interrupt(number)
                wake()
            }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for number in numbers { unsafe Foundation.signal(number, SIG_DFL) }
        }
        return try body()
    }
}
