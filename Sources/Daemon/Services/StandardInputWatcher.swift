internal import Foundation
internal import Glibc

/// Calls back when a descriptor comes to its end. The process that holds the other end of the pipe may be killed in any
/// way: the kernel closes its end, which needs nobody's cooperation.
enum StandardInputWatcher {
    /// Reads `descriptor` to its end on a thread of its own, throwing away what comes.
    static func start(descriptor: CInt = STDIN_FILENO, atEnd: @escaping @Sendable () -> Void) {
        let thread = Thread {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                // The buffer is as long as the call is told.
                let count = unsafe read(descriptor, &buffer, buffer.count)
                if count > 0 || count < 0 && errno == EINTR { continue }
                return atEnd()
            }
        }
        thread.name = "stdin"
        thread.start()
    }
}
