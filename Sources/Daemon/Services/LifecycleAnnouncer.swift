internal import Logging
internal import ServiceLifecycle

/// Tells the service manager, the log and a waiting parent when the daemon is ready and when it begins to stop. The
/// last of the services, so that it is the first to hear of a graceful stop.
struct LifecycleAnnouncer: Service {
    let manager: ServiceManager
    let logger: Logger
    /// `unix:/run/headrace/data.sock`.
    let listeners: [String]
    /// Called when every socket accepts.
    let onReady: @Sendable () -> Void
    /// Called before the server begins to drain.
    let onStopping: @Sendable () -> Void

    func run() async throws {
        onReady()
        manager.notify(["READY=1", "STATUS=serving on \(listeners.joined(separator: ", "))"])
        logger.notice("ready", metadata: ["listeners": "\(listeners.joined(separator: ", "))"])
        try? await gracefulShutdown()
        onStopping()
        manager.notify(["STOPPING=1", "STATUS=draining"])
        logger.notice("stopping: clients are told to finish")
    }
}
