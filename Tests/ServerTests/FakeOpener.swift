import DataTypes
import Synchronization

/// Opens fake streams: the data set `fake` by the plan, `slow` when told to, any other name is unknown.
final class FakeOpener: StreamOpener {
    private struct State {
        var streams: [FakeStream] = []
        var clients: [ClientIdentity] = []
    }
    let plan: FakePlan
    /// Signalled when an opening of `slow` has begun.
    let slowHasBegun = Event()
    /// Lets the opening of `slow` go on.
    let slowMayEnd = Event()
    /// Signalled when `streams` has the stream of `slow`.
    let slowHasEnded = Event()
    /// What arrays are taken from.
    let budget = MemoryBudget(limitBytes: 1 << 24, limitBytesPerClient: 1 << 24)
    private let state = Mutex(State())

    init(_ plan: FakePlan) { self.plan = plan }

    var streams: [FakeStream] { state.withLock { $0.streams } }
    var clients: [ClientIdentity] { state.withLock { $0.clients } }

    func open(
        _ request: OpenRequest, client: ClientIdentity, allocator: any SlabAllocator
    ) throws(StreamError) -> any BatchStream {
        switch request.dataset {
        case "fake": break
        case "slow":
            slowHasBegun.signal()
            guard slowMayEnd.wait() else { throw StreamError(.internalError, "nobody let the opening go on") }
        default:
            throw StreamError(
                .unknownDataset, "there is no data set '\(request.dataset ?? "")'; did you mean 'fake'?")
        }
        let stream = FakeStream(plan, allocator: allocator)
        state.withLock { state in
            state.streams.append(stream)
            state.clients.append(client)
        }
        if request.dataset == "slow" { slowHasEnded.signal() }
        return stream
    }

    /// As much as the plan says, for all clients together.
    func admit(
        _ shape: ArrayShape, named name: String, client: ClientIdentity
    ) throws(StreamError) -> MemoryReservation {
        try budget.reserveArray(shape.byteCount, client: 0, name: name)
    }
}
