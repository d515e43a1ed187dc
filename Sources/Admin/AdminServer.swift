internal import HTTPTypes
internal import HummingbirdCore
package import Logging
package import NIOCore
internal import ServiceLifecycle
internal import Synchronization
package import Transport

/// Serves the admin pages over HTTP/1.1, so that `curl --unix-socket` and Prometheus can read them.
///
/// `bind`, then `run`. Connections are few, short and from people and probes: they live on the daemon's event loops,
/// and what is open when the server stops is closed.
package final class AdminServer: Service {
    /// One place to listen at.
    package struct Place: Sendable {
        package enum Source: Sendable {
            case endpoint(Endpoint, mode: UInt32)
            /// A socket that already listens, as systemd hands over.
            case adopted(descriptor: CInt)
        }
        package var source: Source
        /// The pages that act are there: for sockets that file permissions guard.
        package var allowsControl: Bool

        package init(_ source: Source, allowsControl: Bool) {
            self.source = source
            self.allowsControl = allowsControl
        }
    }

    /// More at a time are closed at once: nobody but a broken probe has so many.
    private static let mostConnections = 64
    /// A connection that asks nothing so long is closed.
    private static let idleTimeout = TimeAmount.seconds(30)

    private struct State {
        var listeners: [Listener] = []
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isStopped = false
    }
    private let places: [Place]
    private let control: any ControlPlane
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())

    package init(places: [Place], control: any ControlPlane, group: any EventLoopGroup, logger: Logger) {
        self.places = places
        self.control = control
        self.group = group
        self.logger = logger
    }

    /// Listens everywhere.
    ///
    /// - Returns: the bound endpoints.
    /// - Throws: the first failure; nothing is left listening.
    @discardableResult
    package func bind() async throws(ListenError) -> [Endpoint] {
        do throws(ListenError) {
            for place in places {
                let listener = try await listen(place)
                state.withLock { $0.listeners.append(listener) }
                logger.info("admin pages", metadata: ["address": "\(listener.endpoint)"])
            }
        } catch {
            await stop()
            throw error
        }
        return state.withLock { $0.listeners.map(\.endpoint) }
    }

    /// Serves until a graceful shutdown or the task's cancellation.
    package func run() async throws {
        if state.withLock({ $0.listeners.isEmpty && !$0.isStopped }) { try await bind() }
        // Returns when the shutdown begins, and throws when the task is cancelled: the end either way.
        try? await gracefulShutdown()
        await stop()
    }

    private func stop() async {
        let (listeners, channels) = state.withLock { state in
            state.isStopped = true
            defer { state.listeners = [] }
            return (state.listeners, Array(state.channels.values))
        }
        for listener in listeners { await listener.close() }
        for channel in channels { channel.close(promise: nil) }
    }

    private func listen(_ place: Place) async throws(ListenError) -> Listener {
        let pages = AdminPages(control: control, allowsControl: place.allowsControl)
        let http = HTTP1Channel(
            responder: { request, writer, _ in try await Self.respond(to: request, writer, pages) },
            configuration: HTTP1Channel.Configuration(idleTimeout: Self.idleTimeout))
        let child: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            guard self.admit(channel) else { return channel.close() }
            return http.setup(channel: channel, logger: self.logger).map { connection in
                // Ends when the connection does, which `stop` sees to.
                Task { await http.handle(value: connection, logger: self.logger) }
            }
        }
        switch place.source {
        case .endpoint(let endpoint, let mode):
            return try await Listener.bind(endpoint, mode: mode, group: group, child: child)
        case .adopted(let descriptor):
            return try await Listener.adopt(descriptor: descriptor, group: group, child: child)
        }
    }

    private func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdmitted = state.withLock { state in
            guard !state.isStopped, state.channels.count < Self.mostConnections else { return false }
            state.channels[key] = channel
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in _ = self.state.withLock { $0.channels.removeValue(forKey: key) } }
        }
        return isAdmitted
    }

    private static func respond(
        to request: Request, _ writer: consuming ResponseWriter, _ pages: AdminPages
    ) async throws {
        let answer = await pages.answer(method: request.method.rawValue, path: request.uri.path)
        var head = HTTPResponse(status: HTTPResponse.Status(code: answer.status))
        head.headerFields[.contentType] = answer.contentType
        head.headerFields[.contentLength] = String(answer.body.utf8.count)
        head.headerFields[.cacheControl] = "no-store"
        head.headerFields[.allow] = answer.allow
        let hasBody = request.method != .head
        try await writer.write(
            response: head, body: hasBody ? ResponseBody(byteBuffer: ByteBuffer(string: answer.body)) : ResponseBody())
    }
}
