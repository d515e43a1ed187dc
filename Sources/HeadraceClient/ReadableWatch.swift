internal import Dispatch
internal import Glibc

/// Calls back once when a socket has something to read, or has ended, and reads nothing itself.
///
/// NIO does not tell of what it is not to read, so the system's own events do.
final class ReadableWatch {
    /// F_DUPFD_CLOEXEC
    private static let duplicate: CInt = 1030

    private let source: any DispatchSourceRead

    /// - Parameters:
    ///   - socket: may be closed before the watch ends; it is the watch's copy that stays open until then.
    ///   - onReadable: called on another thread, unless the watch ends before.
    /// - Returns: nil when this process can open no more files.
    init?(_ socket: CInt, onReadable: @escaping @Sendable () -> Void) {
        let copy = fcntl(socket, Self.duplicate, 0)
        guard copy >= 0 else { return nil }
        let source = DispatchSource.makeReadSource(fileDescriptor: copy, queue: DispatchQueue.global())
        self.source = source
        // A source may be cancelled on any thread.
        nonisolated(unsafe) let watched = source
        source.setEventHandler {
            unsafe watched.cancel()
            onReadable()
        }
        source.setCancelHandler { close(copy) }
        source.resume()
    }

    deinit { source.cancel() }
}
