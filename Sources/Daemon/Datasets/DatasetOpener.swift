package import DataTypes
package import Iterators
package import Pipeline
internal import RecordIO
internal import Synchronization

/// Opens streams for clients: by the name of a data set, or by an iterator and parameters of their own. Checks paths,
/// parameters and memory before anything is kept.
package final class DatasetOpener: StreamOpener {
    /// What a reload can replace.
    package struct Rules: Sendable {
        package var datasets: [String: DatasetConfiguration]
        package var paths: DaemonConfiguration.PathRule
        /// What the owners of tokens may do.
        package var tokens: [String: TokenConfiguration]
        /// For iterators: cache folder, largest image and record.
        package var context: IteratorContext

        package init(
            datasets: [String: DatasetConfiguration], paths: DaemonConfiguration.PathRule,
            tokens: [String: TokenConfiguration] = [:], context: IteratorContext
        ) {
            self.datasets = datasets
            self.paths = paths
            self.tokens = tokens
            self.context = context
        }
    }

    /// What a data set was when it was opened.
    package struct KnownManifest: Sendable, Hashable {
        package var hash: String
        package var records: Int
    }

    private struct State {
        var rules: Rules
        /// Of the data sets that have been opened, by name.
        var manifests: [String: KnownManifest] = [:]
        var isDraining = false
        /// Streams that the owner of each token has open or is opening.
        var streamsByToken: [String: Int] = [:]
    }
    private let state: Mutex<State>
    private let kinds: [IteratorKind]
    private let pool: WorkerPool
    private let budget: MemoryBudget

    package init(rules: Rules, kinds: [IteratorKind] = IteratorCatalog.all, pool: WorkerPool, budget: MemoryBudget) {
        state = Mutex(State(rules: rules))
        self.kinds = kinds
        self.pool = pool
        self.budget = budget
    }

    package var rules: Rules { state.withLock { $0.rules } }

    /// Changes what streams opened from now on go by.
    package func change(_ body: (inout Rules) -> Void) {
        state.withLock { state in
            let old = state.rules.datasets
            body(&state.rules)
            let new = state.rules.datasets
            state.manifests = state.manifests.filter { old[$0.key] == new[$0.key] }
        }
    }

    package var manifests: [String: KnownManifest] { state.withLock { $0.manifests } }

    private func note(_ info: StreamInfo, of name: String, _ dataset: DatasetConfiguration?) {
        state.withLock { state in
            // A reload may have made it another data set meanwhile.
            guard state.rules.datasets[name] == dataset else { return }
            state.manifests[name] = KnownManifest(hash: info.manifestHash, records: info.recordCount)
        }
    }

    /// From now on every `open` is refused with `.draining`.
    package func beginDrain() { state.withLock { $0.isDraining = true } }

    package func open(
        _ request: OpenRequest, client: ClientIdentity, allocator: any SlabAllocator
    ) throws(StreamError) -> any BatchStream {
        let state = state.withLock { $0 }
        guard !state.isDraining else {
            throw StreamError(
                .draining, "the daemon is going down and opens no streams", hint: "connect again later",
                isRetryable: true)
        }
        let token = try token(of: client, state.rules)
        try token?.allows(request)
        let release = try countStream(token)
        do throws(StreamError) {
            return try open(request, state.rules, client, token, allocator, onClose: release)
        } catch {
            release()
            throw error
        }
    }

    /// - Parameter onClose: called when the stream that is returned has ended.
    private func open(
        _ request: OpenRequest, _ rules: Rules, _ client: ClientIdentity, _ token: TokenConfiguration?,
        _ allocator: any SlabAllocator, onClose: @escaping @Sendable () -> Void
    ) throws(StreamError) -> any BatchStream {
        let (kind, parameters) = try resolve(request, rules)
        var context = rules.context
        context.arrays = request.arrays
        if request.iterator != nil {
            let paths = PathGuard(rule: rules.paths)
            if case .beneath = rules.paths { context.followsLinks = false }
            context.authorise = { path, parameter throws(StreamError) in try paths.resolve(path, parameter: parameter) }
        }
        let owner = Self.owner(client)
        let limit = token?.memoryLimit
        context.reserve = { [budget, decoded = context.decoded] byteCount, name throws(StreamError) in
            try Self.makingRoom(for: byteCount, decoded) { () throws(StreamError) in
                try budget.reserveArray(byteCount, client: owner, limit: limit, name: name)
            }
        }
        let source = try LinkRule.$followsLinks.withValue(context.followsLinks) {
            Result { () throws(StreamError) in try kind.open(parameters, context: context) }
        }.get()
        let info = source.info
        let start = try start(request.token, source)
        // Slabs exist for as long as the stream does, so the sum is known before the first is allocated.
        let slabs = info.slabCount
        let (bytes, overflow) = slabs.multipliedReportingOverflow(by: info.layout.payloadBytes)
        guard !overflow else {
            throw StreamError(
                .memoryLimit, "\(slabs) batches of \(info.layout.payloadBytes) bytes are more than memory can hold",
                hint: "lower batch_size or prefetch_buffer")
        }
        if let name = request.dataset { note(info, of: name, rules.datasets[name]) }
        let budget = budget
        try Self.makingRoom(for: bytes, context.decoded) { () throws(StreamError) in
            try budget.reserve(
                bytes, client: owner, limit: limit, arithmetic: "\(slabs) batches of \(info.layout.payloadBytes) bytes")
        }
        // Who breaks off behind OPEN, again and again, shall not have batches decoded: with credit the first is asked for.
        return PrefetchedStream(
            source: source, start: start, pool: pool, allocator: allocator, client: owner, startsAtOnce: false
        ) {
            budget.release(bytes, client: owner)
            onClose()
        }
    }

    package func admit(
        _ shape: ArrayShape, named name: String, client: ClientIdentity
    ) throws(StreamError) -> MemoryReservation {
        let rules = rules
        let token = try token(of: client, rules)
        try token?.allowsArrays()
        let limit = token?.memoryLimit
        return try Self.makingRoom(for: shape.byteCount, rules.context.decoded) { () throws(StreamError) in
            try budget.reserveArray(shape.byteCount, client: Self.owner(client), limit: limit, name: name)
        }
    }

    /// Reserves memory; when there is not enough, images that no open stream uses are let go and it is tried again.
    private static func makingRoom<Reserved>(
        for bytes: Int, _ decoded: DecodedCache, _ reserve: () throws(StreamError) -> Reserved
    ) throws(StreamError) -> Reserved {
        do throws(StreamError) {
            return try reserve()
        } catch {
            guard error.code == .memoryLimit, decoded.evict(bytes) else { throw error }
            return try reserve()
        }
    }

    /// What the token says that `client` has shown; nil when it showed none.
    private func token(of client: ClientIdentity, _ rules: Rules) throws(StreamError) -> TokenConfiguration? {
        guard let name = client.access else { return nil }
        guard let token = rules.tokens[name] else {
            throw StreamError(
                .forbidden, "the token '\(name)' is not valid any more", hint: "connect again with another token")
        }
        return token
    }

    /// Counts one more stream of `token`; also without a limit, which a reload may set.
    ///
    /// - Returns: what takes it off again, to be called once.
    /// - Throws: `.overLimit`.
    private func countStream(_ token: TokenConfiguration?) throws(StreamError) -> @Sendable () -> Void {
        guard let token else { return {} }
        let (name, limit) = (token.name, token.streams ?? .max)
        let openCount = state.withLock { state in
            let openCount = state.streamsByToken[name, default: 0]
            if openCount < limit { state.streamsByToken[name] = openCount + 1 }
            return openCount
        }
        guard openCount < limit else {
            throw StreamError(
                .overLimit, "\(openCount) of the \(limit) streams of the token '\(name)' are open",
                hint: "close a stream, or raise tokens.\(name).streams", isRetryable: true)
        }
        return { [self] in
            state.withLock { state in
                let left = (state.streamsByToken[name] ?? 1) - 1
                state.streamsByToken[name] = left > 0 ? left : nil
            }
        }
    }

    /// Whose memory a stream counts as: the token's, the user's, or the address's over TCP. Not the connection's, since everybody
    /// can have many of those.
    private static func owner(_ client: ClientIdentity) -> UInt64 {
        if client.access == nil, let user = client.userID { return UInt64(user) }
        let host = client.peer.lastIndex(of: ":").map { client.peer[..<$0] } ?? Substring(client.peer)
        // No address has a space in it.
        let name = client.access.map { "token \($0)" } ?? String(host)
        // Seeded anew in every process, so nobody can choose an address that counts as another's.
        var hasher = Hasher()
        hasher.combine(name)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The iterator and the parameters that `request` comes to, its own over those of the data set, paths checked.
    private func resolve(
        _ request: OpenRequest, _ rules: Rules
    ) throws(StreamError) -> (IteratorKind, [String: ParameterValue]) {
        switch (request.dataset, request.iterator) {
        case (let name?, nil):
            guard let dataset = rules.datasets[name] else {
                let near = nearestName(to: name, among: rules.datasets.keys.sorted()).map { "did you mean '\($0)'?" }
                throw StreamError(
                    .unknownDataset, "there is no data set '\(name.prefix(128))'",
                    hint: near
                        ?? (rules.datasets.isEmpty
                            ? "the configuration has none" : "`headrace datasets` lists those there are"))
            }
            let kind = try kind(dataset.iterator)
            for (parameter, value) in request.parameters.sorted(by: { $0.key < $1.key }) where value != .null {
                if dataset.locked.contains(parameter) {
                    throw StreamError(
                        .badParameter, "data set '\(name)' does not let clients change '\(parameter)'",
                        hint: "leave it out; it is \(dataset.parameters[parameter]?.description ?? "at its default")")
                }
                if kind.pathParameters.contains(parameter) || kind.nestedPathParameters.contains(parameter) {
                    throw StreamError(
                        .badParameter, "data set '\(name)' names its own files; '\(parameter)' cannot be given",
                        hint: "leave it out, or open '\(dataset.iterator)' with files of your own")
                }
            }
            return (kind, dataset.parameters.merging(request.parameters.filter { $0.value != .null }) { $1 })
        case (nil, let name?):
            let kind = try kind(name)
            let paths = PathGuard(rule: rules.paths)
            var parameters = request.parameters
            for spec in kind.specs where kind.pathParameters.contains(spec.name) {
                guard let path = try Self.path(parameters[spec.name], spec) else { continue }
                guard kind.pathListParameters.contains(spec.name) else {
                    parameters[spec.name] = .string(try paths.resolve(path, parameter: spec.name))
                    continue
                }
                var entries: [String] = []
                for entry in path.split(separator: ";") {
                    entries.append(try paths.resolveEntry(String(entry), parameter: spec.name))
                }
                parameters[spec.name] = .string(entries.joined(separator: ";"))
            }
            return (kind, parameters)
        default:
            throw StreamError(.badRequest, "an OPEN names either a data set or an iterator")
        }
    }

    /// The path that a value comes to, read as the iterator will read it; nil when none is given.
    private static func path(_ value: ParameterValue?, _ spec: ParameterSpec) throws(StreamError) -> String? {
        guard let value, value != .null, value != .string("None") else { return nil }
        do throws(ParameterError) {
            guard case .string(let path) = try spec.normalise(value) else {
                preconditionFailure("\(spec.name) names a file and is not text")
            }
            return IteratorKind.namesFile(path) ? path : nil
        } catch {
            throw StreamError(parameter: error)
        }
    }

    private func kind(_ name: String) throws(StreamError) -> IteratorKind {
        if let kind = kinds.first(where: { $0.name == name }) { return kind }
        let names = kinds.map(\.name)
        let near = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
        throw StreamError(
            .unknownIterator, "there is no iterator '\(name.prefix(128))'",
            hint: near ?? "there are \(names.joined(separator: ", "))")
    }

    /// Where the stream starts: at the token's place, or at the beginning.
    private func start(_ text: String?, _ source: any BatchSource) throws(StreamError) -> BatchAddress {
        guard let text else { return BatchAddress(epoch: 0, step: 0) }
        let token = try ResumeToken(text, of: source.info)
        guard token.address.epoch <= EpochPlan.maxEpoch,
            token.address.step <= source.epochPlan.stepCount(epoch: token.address.epoch)
        else {
            throw StreamError(
                .badPosition,
                "the token's place, step \(token.address.step) of epoch \(token.address.epoch), does not exist")
        }
        return token.address
    }
}
