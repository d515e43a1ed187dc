internal import DataTypes
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Transport
internal import Wire

/// A connection to a Headrace server. It serves one stream at a time; open several connections for several streams.
///
/// ```swift
/// let client = try await HeadraceClient.connect("unix:/run/headrace/data.sock")
/// let stream = try await client.open(dataset: "imagenet-train", parameters: ["batch_size": 128])
/// for try await batch in stream {
///     let images = batch.data[0]
///     train(images.span(as: Float.self))
/// }
/// try await stream.reset()
/// ```
public final class HeadraceClient: Sendable {
    /// The server's software, such as `headraced/0.1.0`.
    public let server: String
    /// The server's number for this connection, as its logs have it.
    public let session: UInt64?
    private let connection: ClientConnection

    private init(connection: ClientConnection, hello: HelloMessage) {
        self.connection = connection
        server = hello.server ?? ""
        session = hello.session
    }

    /// Connects and greets.
    ///
    /// - Parameter endpoint: `unix:/path`, `tcp://host` or `tcp://host:port`, or `tls://` likewise.
    public static func connect(
        _ endpoint: String, options: HeadraceOptions = HeadraceOptions()
    ) async throws -> HeadraceClient {
        let target: Endpoint
        do throws(EndpointError) {
            target = try Endpoint(endpoint)
        } catch {
            throw HeadraceError(.badRequest, "\(error)")
        }
        if options.token != nil, target.isExposed {
            throw HeadraceError(
                .badRequest, "\(target): a token goes over TLS or stays on the machine; use tls://, or no token")
        }
        let connection = try await ClientConnection.make(to: target, options: options)
        let isLocal = ClientConnection.takesDescriptors(from: target)
        let hello = HelloMessage.client(
            software: options.software,
            features: [WireLimits.arraysFeature]
                + (isLocal ? [WireLimits.descriptorsFeature] : [])
                + (isLocal && options.sharesMemory ? [WireLimits.slotsFeature] : [])
                + (options.checksums ? [WireLimits.checksumFeature] : []),
            processID: Int(getpid()), maxFrameBytes: UInt64(max(options.maxBatchBytes, 0)),
            token: options.token.map(AccessToken.init))
        do {
            let answer = try await connection.request(deadline: options.connectTimeout) { $0.greet(hello) }
            guard case .greeted(let greeting) = answer else { throw ClientConnection.mismatch }
            return HeadraceClient(connection: connection, hello: greeting)
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Opens a data set that the server's configuration names.
    ///
    /// - Parameters:
    ///   - parameters: what this stream wants otherwise than the configuration has it.
    ///   - token: where to start, from a batch or a stream.
    ///   - label: a name for status pages.
    public func open(
        dataset: String, parameters: [String: HeadraceValue] = [:], token: String? = nil, label: String? = nil
    ) async throws -> HeadraceStream {
        try await open(
            OpenRequest(dataset: dataset, parameters: parameters.mapValues(\.wire), token: token, label: label))
    }

    /// Opens an iterator with its own parameters, named as MXNet names them.
    public func open(
        iterator: String, parameters: [String: HeadraceValue] = [:], token: String? = nil, label: String? = nil
    ) async throws -> HeadraceStream {
        try await open(
            OpenRequest(iterator: iterator, parameters: parameters.mapValues(\.wire), token: token, label: label))
    }

    private func open(_ request: OpenRequest) async throws -> HeadraceStream {
        let message = OpenMessage(request)
        let answer = try await connection.request(deadline: connection.options.openTimeout) {
            (machine) throws(SessionFailure) in try machine.open(message)
        }
        guard case .opened(let opened) = answer else { throw ClientConnection.mismatch }
        return HeadraceStream(backend: ConnectedStream(connection: connection), opened: opened)
    }

    /// Hands an array over to the server, before a stream is opened. It lives as long as the connection.
    ///
    /// ```swift
    /// let images = try HeadraceArray("images", pixels, shape: [60_000, 28, 28])
    /// try await client.attach(images)
    /// let stream = try await client.open(
    ///     iterator: "NDArrayIter", parameters: ["data": images.reference, "batch_size": 128])
    /// ```
    ///
    /// Over a Unix socket the elements are copied into a sealed memory file, which the server maps; over TCP, and when they
    /// are few, they are sent.
    public func attach(_ array: HeadraceArray) async throws {
        let answer = try await connection.attach(array)
        guard case .attached(let name) = answer, name == array.name else { throw ClientConnection.mismatch }
    }

    /// Closes the connection, and with it the stream.
    public func close() async { await connection.close() }
}
