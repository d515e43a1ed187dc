internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Reads the configuration again at every SIGHUP.
struct ReloadService: Service {
    /// Made before the daemon says it is ready: from then on a SIGHUP must not end the process.
    let hangups: UnixSignalsSequence
    let reloader: Reloader
    let manager: ServiceManager

    func run() async throws {
        for await _ in hangups.cancelOnGracefulShutdown() {
            manager.notify(["RELOADING=1"])
            _ = try? await reloader.reload()
            manager.notify(["READY=1"])
        }
    }
}
