import DataTypes

/// How many connections and streams there may be, and how often connections may come. Refusals say what is used up, and which key of the
/// configuration sets the limit.
struct SessionLimits: Sendable {
    private let connections: Int
    private let connectionsPerClient: Int
    private let streams: Int
    private let streamsPerClient: Int
    let connects: ConnectRate
    let connectsPerClient: ConnectRate

    init(_ configuration: ServerConfiguration) {
        connections = configuration.maxConnections
        connectionsPerClient = configuration.maxConnectionsPerClient
        streams = configuration.maxStreams
        streamsPerClient = configuration.maxStreamsPerClient
        connects = ConnectRate(perSecond: configuration.maxConnectsPerSecond, burst: configuration.maxConnections)
        connectsPerClient = ConnectRate(
            perSecond: configuration.maxConnectsPerSecondPerClient, burst: configuration.maxConnectionsPerClient)
    }

    /// Why there can be no connection more, or nil.
    ///
    /// - Parameters:
    ///   - count: connections there are.
    ///   - mine: those of them that are of `source`.
    func refusal(ofConnectionBeside count: Int, mine: Int, of source: ClientSource) -> StreamError? {
        if count >= connections {
            return Self.refusal("\(count) of \(connections) connections are in use", "close a client", "connections")
        }
        if mine >= connectionsPerClient {
            return Self.refusal(
                "\(mine) of the \(connectionsPerClient) connections of \(source) are in use", "close a client",
                "connections_per_client")
        }
        return nil
    }

    /// Why there can be no stream more, or nil. Parameters as for connections.
    func refusal(ofStreamBeside count: Int, mine: Int, of source: ClientSource) -> StreamError? {
        if count >= streams {
            return Self.refusal("\(count) of \(streams) streams are open", "close a stream", "streams")
        }
        if mine >= streamsPerClient {
            return Self.refusal(
                "\(mine) of the \(streamsPerClient) streams of \(source) are open", "close a stream",
                "streams_per_client")
        }
        return nil
    }

    /// What a connection too early is told.
    ///
    /// - Parameter source: whose connections come too fast; nil: everybody's together.
    func tooFast(_ source: ClientSource?) -> StreamError {
        if let source {
            return Self.refusal(
                "\(source) connects more often than \(connectsPerClient.perSecond) times a second", "wait a little",
                "connects_per_second_per_client")
        }
        return Self.refusal(
            "clients connect more often than \(connects.perSecond) times a second", "wait a little",
            "connects_per_second")
    }

    private static func refusal(_ message: String, _ remedy: String, _ key: String) -> StreamError {
        StreamError(.overLimit, message, hint: "\(remedy), or raise limits.\(key)", isRetryable: true)
    }
}
