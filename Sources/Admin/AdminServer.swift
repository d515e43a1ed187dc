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
        /// Who may do what; nil: everybody may read and nobody act, as over TCP.
        package var policy: AdminPolicy?

        package init(_ source: Source, policy: AdminPolicy?) {
            self.source = source
            self.policy = policy
        }
    }

    /// More at a time are closed at once: nobody but a broken probe has so many.
    private static let mostConnections = 64
    /// Of those who may not act, so that they do not keep an administrator out: over TCP everybody may read.
    private static let mostReaders = 48
    /// Of those who may do nothing, so that they do not keep the others out.
    private static let mostStrangers = 8
    /// A connection that asks nothing so long is closed.
    private static let idleTimeout = TimeAmount.seconds(30)
    /// What an answer under way when the server stops may yet take.
    private static let lastAnswerTime = TimeAmount.seconds(5)
    /// Bodies are a few words of JSON.
    private static let maxBodyBytes = 64 * 1024

    private struct Connection {
        var channel: any Channel
        /// nil over TCP.
        var peer: PeerCredentials?
        var access: AdminAccess
        /// A request has come whose answer has not been written yet.
        var isAnswering = false
    }

    private struct State {
        var listeners: [Listener] = []
        var connections: [ObjectIdentifier: Connection] = [:]
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
        let (listeners, connections) = state.withLock { state in
            state.isStopped = true
            defer { state.listeners = [] }
            return (state.listeners, Array(state.connections.values))
        }
        for listener in listeners { await listener.close() }
        // Whoever asked for the drain that leads here is told so: `respond` closes what it has answered.
        for connection in connections {
            let channel = connection.channel
            channel.eventLoop.scheduleTask(in: connection.isAnswering ? Self.lastAnswerTime : .zero) {
                channel.close(promise: nil)
            }
        }
        for connection in connections { try? await connection.channel.closeFuture.get() }
    }

    private func listen(_ place: Place) async throws(ListenError) -> Listener {
        let pages = AdminPages(control: control)
        let http = HTTP1Channel(
            responder: { request, writer, channel in
                try await self.respond(to: request, writer, from: channel, pages)
            },
            configuration: HTTP1Channel.Configuration(idleTimeout: Self.idleTimeout))
        let child: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            guard self.admit(channel, place.policy) else { return channel.close() }
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

    /// On the channel's event loop.
    private func admit(_ channel: any Channel, _ policy: AdminPolicy?) -> Bool {
        let key = ObjectIdentifier(channel)
        let peer = PeerCredentials.withGroups(of: channel)
        let connection = Connection(
            channel: channel, peer: peer?.peer, access: policy.map { $0.access(peer) } ?? .read)
        let isAdmitted = state.withLock { state in
            let all = state.connections.values
            guard !state.isStopped, all.count < Self.mostConnections,
                connection.access == .act || all.count(where: { $0.access < .act }) < Self.mostReaders,
                connection.access > .none || all.count(where: { $0.access == .none }) < Self.mostStrangers
            else { return false }
            state.connections[key] = connection
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in _ = self.state.withLock { $0.connections.removeValue(forKey: key) }
            }
        }
        return isAdmitted
    }

    private func respond(
        to request: Request, _ writer: consuming ResponseWriter, from channel: any Channel, _ pages: AdminPages
    ) async throws {
        // One that is no longer among them is closed, and hears no answer.
        let key = ObjectIdentifier(channel)
        let connection = state.withLock { state in
            state.connections[key]?.isAnswering = true
            return state.connections[key]
        }
        defer {
            let isLast = state.withLock { state in
                state.connections[key]?.isAnswering = false
                return state.isStopped
            }
            if isLast { channel.close(promise: nil) }
        }
        let answer: AdminAnswer
        do {
            let body = try await request.body.collect(upTo: Self.maxBodyBytes)
            answer = await pages.answer(
                method: request.method.rawValue, path: request.uri.path, body: Array(body.readableBytesView),
                access: connection?.access ?? .none)
        } catch is NIOTooManyBytesError {
            answer = .problem(413, "a body has at most \(Self.maxBodyBytes) bytes")
        }
        if request.method == .post {
            logger.notice(
                "action asked for",
                metadata: [
                    "path": "\(request.uri.path)", "status": "\(answer.status)",
                    "uid": "\(connection?.peer.map { String($0.userID) } ?? "-")",
                    "pid": "\(connection?.peer.map { String($0.processID) } ?? "-")",
                ])
        }
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
