import Glibc

/// A named thread of our own, which may block. Joined before it is let go of.
@safe
final class WorkerThread: @unchecked Sendable {
    // `handle` is written by init, before the object is shared, and read by `join`.
    private var handle: pthread_t

    /// Starts the thread.
    ///
    /// - Parameter name: shown by `top -H`; the kernel keeps 15 bytes.
    init(name: String, body: @escaping @Sendable () -> Void) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var created = pthread_t()
        // The thread takes over the reference; `Start` lives until it has been read.
        let status = unsafe pthread_create(
            &created, nil,
            { argument in
                let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                start.nameThisThread()
                start.body()
                return nil
            }, start.toOpaque())
        // Without its threads the process is of no use, and at start there is nothing to lose yet.
        precondition(status == 0, "cannot start thread \(name): errno \(status)")
        handle = created
    }

    func join() { _ = pthread_join(handle, nil) }

    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = String(name.utf8.prefix(15)) ?? "headrace"
            self.body = body
        }

        /// Through the kernel's file, because the function for it is a GNU extension that Glibc's module leaves out.
        func nameThisThread() {
            let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            var bytes = Array(name.utf8)
            // A thread without its name works as well, so the result does not matter.
            _ = unsafe write(file, &bytes, bytes.count)
            close(file)
        }
    }
}
