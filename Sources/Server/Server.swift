package import DataTypes
package import Logging
package import Metrics
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Transport

/// Serves streams to clients: one session a connection, all under shared limits.
///
/// `bind`, then `run` until a graceful shutdown or `beginDrain`; both once. A server that has drained is not used
/// again.
package final class Server: Service {
    private struct State {
        var listeners: [Listener] = []
        var isDraining = false
        /// Closes the listeners.
        var closing: Task<Void, Never>?
    }

    private let environment: SessionEnvironment
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - opener: opens what clients ask for, on threads that may block.
    ///   - group: where sessions live. It must outlive `run`.
    ///   - metrics: where the times go that batches take to be sent.
    package init(
        configuration: ServerConfiguration, opener: any StreamOpener, group: any EventLoopGroup,
        metrics: any MetricsFactory = MetricsSystem.factory, logger: Logger
    ) {
        self.group = group
        self.logger = logger
        environment = SessionEnvironment(
            configuration: configuration, opener: opener, metrics: metrics, logger: logger)
        environment.openPool.start()
        environment.checksumPool.start()
        environment.arrayPool.start()
    }

    deinit { shutDownPools() }

    /// Binds every listener and starts to accept. `run` does it when nobody has.
    ///
    /// - Returns: the bound addresses, as `ServerSnapshot.listeners`.
    /// - Throws: the first listener's failure; those bound before are closed again.
    @discardableResult
    package func bind() async throws -> [String] {
        var listeners: [Listener] = []
        do {
            for source in environment.configuration.listeners {
                let listener = try await listener(source)
                logger.info("listening", metadata: ["address": "\(listener.endpoint)"])
                listeners.append(listener)
            }
        } catch {
            for listener in listeners { await listener.close() }
            throw error
        }
        let isTooLate = state.withLock { state in
            if !state.isDraining { state.listeners = listeners }
            return state.isDraining
        }
        if isTooLate { for listener in listeners { await listener.close() } }
        return listeners.map(\.endpoint.description)
    }

    private func listener(_ source: ServerConfiguration.Source) async throws -> Listener {
        let environment = environment
        let accept: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(AdmissionHandler(environment: environment))
            }
        }
        let configuration = environment.configuration
        // Twice as many at once as allowed, so that those beyond the limit are told so. A flood beyond that waits in the queue.
        let pace = Listener.Pace(
            perSecond: configuration.maxConnectsPerSecond, burst: 2 * configuration.maxConnections)
        switch source {
        case .endpoint(let endpoint):
            return try await Listener.bind(
                endpoint, mode: configuration.unixSocketMode, tls: configuration.tls, pace: pace, group: group,
                child: accept)
        case .adopted(let descriptor):
            return try await Listener.adopt(
                descriptor: descriptor, tls: configuration.tls, pace: pace, group: group, child: accept)
        }
    }

    /// Serves until every client has gone after a graceful shutdown or `beginDrain`. When the task is cancelled, every
    /// connection is cut.
    package func run() async throws {
        if state.withLock({ $0.listeners.isEmpty && !$0.isDraining }) { try await bind() }
        let drainTimeout = environment.configuration.drainTimeout
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await environment.registry.empty.wait()
            } onGracefulShutdown: {
                self.beginDrain(deadline: drainTimeout)
            }
        } onCancel: {
            beginDrain(deadline: .zero)
            for channel in environment.registry.channels { Self.send(.abort, to: channel) }
        }
        await state.withLock { $0.closing }?.value
        shutDownPools()
        logger.info("all clients are gone")
    }

    /// Stops accepting, tells every client to finish, and closes those that are left at the deadline. `run` returns
    /// when the last one is gone. Asked again, it can only bring the deadline forward.
    package func beginDrain(deadline: Duration) {
        let listeners = state.withLock { state in
            let listeners = state.listeners
            state.listeners = []
            state.isDraining = true
            if !listeners.isEmpty {
                state.closing = Task { for listener in listeners { await listener.close() } }
            }
            return listeners
        }
        let channels = environment.registry.beginDraining()
        if !listeners.isEmpty {
            logger.info(
                "draining", metadata: ["clients": "\(channels.count)", "deadline_seconds": "\(deadline.seconds)"])
        }
        for channel in channels { Self.send(.drain(deadlineSeconds: deadline.seconds), to: channel) }
        let environment = environment
        _ = group.next().scheduleTask(in: TimeAmount(deadline)) {
            for channel in environment.registry.channels { Self.send(.drainTimedOut, to: channel) }
        }
    }

    package func snapshot() -> ServerSnapshot {
        environment.registry.snapshot(listeners: state.withLock { $0.listeners.map(\.endpoint.description) })
    }

    /// Closes one connection and tells the client that an administrator did. False when there is none of that id.
    @discardableResult
    package func disconnect(_ clientID: UInt64) -> Bool {
        guard let channel = environment.registry.channel(of: clientID) else { return false }
        Self.send(.disconnect(StreamError(.stopped, "an administrator has closed this connection")), to: channel)
        return true
    }

    /// Ends one stream and tells its client that an administrator did; the connection stays. False when there is none
    /// of that id.
    @discardableResult
    package func stop(stream id: UInt64) -> Bool { send(.stop(streamID: id), toStream: id) }

    /// Sends no more batches of a stream until `resume`. False when there is none of that id.
    @discardableResult
    package func pause(stream id: UInt64) -> Bool { send(.pause(streamID: id), toStream: id) }

    @discardableResult
    package func resume(stream id: UInt64) -> Bool { send(.resume(streamID: id), toStream: id) }

    private func send(_ command: SessionCommand, toStream id: UInt64) -> Bool {
        guard let channel = environment.registry.channel(ofStream: id) else { return false }
        Self.send(command, to: channel)
        return true
    }

    private static func send(_ command: SessionCommand, to channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(command)
    }

    /// Does not wait: an opening that hangs on a dead file server would hold up the process's end.
    private func shutDownPools() {
        environment.openPool.shutdownGracefully { _ in }
        environment.checksumPool.shutdownGracefully { _ in }
        environment.arrayPool.shutdownGracefully { _ in }
    }
}
