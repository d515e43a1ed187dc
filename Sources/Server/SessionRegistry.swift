import DataTypes
import NIOCore
import Synchronization

/// Every session of the server, the limits they share, and what was counted. Sessions on all event loops write to it.
///
/// A stream's statistics are read under the registry's lock, so that a stream that is just being closed is counted
/// once. No stream calls the registry with its own lock held.
final class SessionRegistry: Sendable {
    /// What becomes of a new connection.
    enum Admission {
        case admitted(clientID: UInt64)
        /// - Parameter mayLinger: the connection may stay a moment for its ERROR to arrive. A flood of refused
        ///   connections is closed at once instead, or it would hold as many descriptors as the limit keeps out.
        case refused(StreamError, mayLinger: Bool)
    }

    private struct State {
        var sessions: [UInt64: SessionEntry] = [:]
        var sessionsBySource: [ClientSource: Int] = [:]
        /// Refused connections whose last bytes travel.
        var lingering = 0
        /// When each source may connect as often as it likes again; see `ConnectRate`.
        var connectsBySource: [ClientSource: ContinuousClock.Instant] = [:]
        var connects: ContinuousClock.Instant?
        /// So many sources are remembered before those are forgotten that have been quiet.
        var mostSources = 1024
        /// Whose streams are open or being opened, by the session's client.
        var streams: [UInt64: ClientSource] = [:]
        var streamsBySource: [ClientSource: Int] = [:]
        var lastClientID: UInt64 = 0
        var lastStreamID: UInt64 = 0
        var isDraining = false
        var counters = ServerCounters()
        /// By data set; "" for streams opened by iterator. Names come from the configuration, so they are few.
        var closedTotals: [String: StreamStatistics] = [:]
        var badRecords = BadRecordRing()

        var isEmpty: Bool { sessions.isEmpty && lingering == 0 }

        /// A connection has one stream at most, so its client tells which.
        mutating func giveBackStream(_ clientID: UInt64) {
            guard let source = streams.removeValue(forKey: clientID) else { return }
            let left = (streamsBySource[source] ?? 1) - 1
            streamsBySource[source] = left > 0 ? left : nil
        }
    }

    static let maxLingering = 64
    private let limits: SessionLimits
    private let state = Mutex(State())
    /// Opens when the server drains and nobody is left.
    let empty = Latch()

    init(_ limits: SessionLimits) { self.limits = limits }

    // MARK: Connections

    func admit(
        _ channel: any Channel, source: ClientSource, peer: String, processID: Int32?, userID: UInt32?
    ) -> Admission {
        state.withLock { state in
            let refusal: StreamError? =
                if state.isDraining {
                    StreamError(.draining, "the server is going down", isRetryable: true)
                } else {
                    limits.refusal(
                        ofConnectionBeside: state.sessions.count, mine: state.sessionsBySource[source] ?? 0, of: source)
                        ?? takeConnect(source, now: .now, &state)
                }
            if let refusal {
                state.counters.connectionsRefused += 1
                let mayLinger = state.lingering < Self.maxLingering
                if mayLinger { state.lingering += 1 }
                return .refused(refusal, mayLinger: mayLinger)
            }
            state.counters.connectionsAccepted += 1
            state.lastClientID += 1
            let id = state.lastClientID
            state.sessionsBySource[source, default: 0] += 1
            state.sessions[id] = SessionEntry(
                identity: ClientIdentity(id: id, processID: processID, userID: userID, peer: peer, software: ""),
                source: source, channel: channel, connectedAt: .now, connectedAtSeconds: WallClock.nowSeconds)
            return .admitted(clientID: id)
        }
    }

    /// Counts one connection against the rates, or says why it comes too early. Called with the lock held.
    ///
    /// Who is too fast alone uses up nothing of what all share.
    private func takeConnect(
        _ source: ClientSource, now: ContinuousClock.Instant, _ state: inout State
    ) -> StreamError? {
        guard let mine = limits.connectsPerClient.after(state.connectsBySource[source], now: now) else {
            return limits.tooFast(source)
        }
        guard let all = limits.connects.after(state.connects, now: now) else { return limits.tooFast(nil) }
        state.connects = all
        state.connectsBySource[source] = mine
        if state.connectsBySource.count > state.mostSources {
            state.connectsBySource = state.connectsBySource.filter { $0.value > now }
            // Seldom, however many there are that are not quiet.
            state.mostSources = max(1024, 2 * state.connectsBySource.count)
        }
        return nil
    }

    /// A refused connection that lingered is closed.
    func refusedIsGone() {
        let isDrained = state.withLock { state in
            state.lingering -= 1
            return state.isDraining && state.isEmpty
        }
        if isDrained { empty.open() }
    }

    /// The connection is closed. Its stream, if it has one, must have been ended by `streamEnded`.
    func sessionIsGone(_ clientID: UInt64) {
        let isDrained = state.withLock { state in
            guard let entry = state.sessions.removeValue(forKey: clientID) else { return false }
            let left = (state.sessionsBySource[entry.source] ?? 1) - 1
            state.sessionsBySource[entry.source] = left > 0 ? left : nil
            state.counters.connectionsClosed += 1
            return state.isDraining && state.isEmpty
        }
        if isDrained { empty.open() }
    }

    /// Changes what is known of a session, and the server's counters with it.
    func update(_ clientID: UInt64, _ body: (inout SessionEntry, inout ServerCounters) -> Void) {
        state.withLock { state in
            guard state.sessions[clientID] != nil else { return }
            // In place: the dictionary's value is neither copied nor moved.
            body(&state.sessions[clientID]!, &state.counters)
        }
    }

    func count(_ body: (inout ServerCounters) -> Void) {
        state.withLock { body(&$0.counters) }
    }

    // MARK: Streams

    /// Takes one of the streams that may be open; `streamEnded` or `openingFailed` gives it back.
    func beginOpening(_ clientID: UInt64) throws(StreamError) {
        let refusal: StreamError? = state.withLock { state in
            if state.isDraining {
                return StreamError(.draining, "the server is going down; no stream is opened", isRetryable: true)
            }
            let source = state.sessions[clientID]?.source ?? .unknown
            let mine = state.streamsBySource[source] ?? 0
            if let refusal = limits.refusal(ofStreamBeside: state.streams.count, mine: mine, of: source) {
                state.counters.streamsRefused += 1
                return refusal
            }
            state.streams[clientID] = source
            state.streamsBySource[source] = mine + 1
            return nil
        }
        if let refusal { throw refusal }
    }

    /// - Parameter isRefusal: false when the client went away before the answer.
    func openingFailed(_ clientID: UInt64, isRefusal: Bool) {
        state.withLock { state in
            state.giveBackStream(clientID)
            if isRefusal { state.counters.streamsRefused += 1 }
        }
    }

    /// - Returns: the stream's id.
    func streamOpened(_ clientID: UInt64, stream: any BatchStream, dataset: String?, label: String?) -> UInt64 {
        state.withLock { state in
            state.lastStreamID += 1
            state.counters.streamsOpened += 1
            state.sessions[clientID]?.open = SessionEntry.OpenStream(
                id: state.lastStreamID, stream: stream, dataset: dataset, label: label, openedAt: .now)
            return state.lastStreamID
        }
    }

    /// Adds what the session's stream has done to the totals and forgets it.
    func streamEnded(_ clientID: UInt64) {
        state.withLock { state in
            guard let open = state.sessions[clientID]?.open else { return }
            state.sessions[clientID]?.open = nil
            state.giveBackStream(clientID)
            state.closedTotals[open.dataset ?? "", default: StreamStatistics()].add(open.stream.statistics)
            for (cause, nanoseconds) in open.waiting.waited(now: .now) {
                state.counters.waitedNanoseconds[cause, default: 0] += nanoseconds
            }
        }
    }

    func badRecord(_ report: BadRecordReport) {
        state.withLock { state in
            state.counters.badRecords[report.record.reason, default: 0] += 1
            state.badRecords.append(report)
        }
    }

    // MARK: The whole

    /// Nobody is admitted from now on.
    ///
    /// - Returns: the channels of the sessions that are left.
    func beginDraining() -> [any Channel] {
        let (channels, isEmpty) = state.withLock { state in
            state.isDraining = true
            return (state.sessions.values.map(\.channel), state.isEmpty)
        }
        if isEmpty { empty.open() }
        return channels
    }

    var channels: [any Channel] { state.withLock { $0.sessions.values.map(\.channel) } }

    func channel(of clientID: UInt64) -> (any Channel)? { state.withLock { $0.sessions[clientID]?.channel } }

    func channel(ofStream id: UInt64) -> (any Channel)? {
        state.withLock { state in state.sessions.values.first { $0.open?.id == id }?.channel }
    }

    func snapshot(listeners: [String]) -> ServerSnapshot {
        state.withLock { state in
            let now = ContinuousClock.now
            var snapshot = ServerSnapshot(
                listeners: listeners, isDraining: state.isDraining, clients: [], streams: [],
                counters: state.counters, totals: StreamStatistics(), datasetTotals: state.closedTotals,
                badRecords: state.badRecords.inOrder)
            for entry in state.sessions.values.sorted(by: { $0.identity.id < $1.identity.id }) {
                snapshot.clients.append(entry.snapshot(now: now))
                guard let open = entry.open else { continue }
                let statistics = open.stream.statistics
                let waited = open.waiting.waited(now: now)
                snapshot.datasetTotals[open.dataset ?? "", default: StreamStatistics()].add(statistics, isOpen: true)
                for (cause, nanoseconds) in waited {
                    snapshot.counters.waitedNanoseconds[cause, default: 0] += nanoseconds
                }
                snapshot.streams.append(
                    entry.snapshot(of: open, statistics: statistics, waited: waited, now: now))
            }
            for totals in snapshot.datasetTotals.values { snapshot.totals.add(totals, isOpen: true) }
            return snapshot
        }
    }
}
