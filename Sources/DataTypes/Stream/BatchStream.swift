/// What a stream yields, in order.
package enum StreamEvent: Sendable {
    case batch(DataBatch)
    /// All batches of the epoch have been handed over. The stream yields this until it is reset or sought.
    case epochEnd(epoch: Int, stepCount: Int)
}

/// A running stream: batches prepared ahead, handed over one by one. All that the server knows of data.
///
/// Thread-safe. No call blocks.
package protocol BatchStream: AnyObject, Sendable {
    var info: StreamInfo { get }

    /// The address of the batch that `next` hands over next.
    var position: BatchAddress { get }

    /// Batches of `epoch`.
    func stepCount(epoch: Int) -> Int

    /// Calls `deliver` once, on any thread, with the next event, as soon as there is one. At most one call may be
    /// outstanding. After `seek`, `reset` or `close` an outstanding call is dropped without being answered.
    ///
    /// - Throws (to `deliver`): `.badRecord` under the policy `error`, which ends the epoch until `reset` or `seek`.
    func next(_ deliver: @escaping @Sendable (Result<StreamEvent, StreamError>) -> Void)

    /// Goes to the start of the next epoch, whether this one is at its end or not. Prepared batches of it are kept.
    ///
    /// - Returns: the new position.
    func reset() -> BatchAddress

    /// Goes to any address; `step` may equal the epoch's count, which is its end.
    func seek(to address: BatchAddress) throws(StreamError)

    /// Ends the stream and gives its memory back as soon as the workers have let go of it.
    func close()

    var statistics: StreamStatistics { get }
}

/// Opens streams by name or by iterator. Implemented by the daemon; it checks paths, limits and parameters.
package protocol StreamOpener: Sendable {
    /// Blocking: reads indexes. Call it on a thread that may block.
    func open(
        _ request: OpenRequest, client: ClientIdentity, allocator: any SlabAllocator
    ) throws(StreamError) -> any BatchStream

    /// Room for an array that a client is about to hand over. Does not block.
    ///
    /// - Throws: `.memoryLimit`, `.overLimit`.
    func admit(_ shape: ArrayShape, named name: String, client: ClientIdentity) throws(StreamError) -> MemoryReservation
}

/// What a client asked for in OPEN.
package struct OpenRequest: Sendable {
    /// A data set of the configuration; nil when an iterator is named.
    package var dataset: String?
    /// An iterator's name; nil when a data set is named.
    package var iterator: String?
    package var parameters: [String: ParameterValue]
    /// A resume token to start from.
    package var token: String?
    /// The data set's or job's name in status pages, or nil.
    package var label: String?
    /// What the client has handed over, by name.
    package var arrays: [String: HandedArray] = [:]

    package init(
        dataset: String? = nil, iterator: String? = nil, parameters: [String: ParameterValue] = [:],
        token: String? = nil, label: String? = nil
    ) {
        self.dataset = dataset
        self.iterator = iterator
        self.parameters = parameters
        self.token = token
        self.label = label
    }
}

/// Who is at the other end.
package struct ClientIdentity: Sendable, Hashable {
    /// Unique in this daemon's life, for limits and status pages.
    package var id: UInt64
    /// Process id and user id, known for Unix sockets (SO_PEERCRED).
    package var processID: Int32?
    package var userID: UInt32?
    /// `unix` or `10.0.0.7:51234`.
    package var peer: String
    /// As the client named itself in HELLO.
    package var software: String
    /// The name of the token that the client showed, as the configuration has it; nil when it showed none.
    package var access: String?

    package init(
        id: UInt64, processID: Int32?, userID: UInt32?, peer: String, software: String, access: String? = nil
    ) {
        self.id = id
        self.processID = processID
        self.userID = userID
        self.peer = peer
        self.software = software
        self.access = access
    }
}
