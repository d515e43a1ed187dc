import DataTypes
import Synchronization
import Transport
import Wire

/// One OPEN under way on a thread that may block, for a client that may go away meanwhile.
final class StreamOpening: Sendable {
    /// The longest text that `ResumeToken` accepts.
    private static let tokenBytes = 160
    private let isAbandoned = Mutex(false)

    /// Nobody wants the stream any more. When the opening has not begun, it never will.
    func abandon() { isAbandoned.withLock { $0 = true } }

    /// Blocking. Opens the stream and brings it to where the request's token says.
    ///
    /// - Returns: nil when it was abandoned before it began.
    func run(
        _ request: OpenRequest, client: ClientIdentity, allocator: any SlabAllocator, environment: SessionEnvironment
    ) -> Result<any BatchStream, StreamError>? {
        guard !isAbandoned.withLock({ $0 }) else { return nil }
        do throws(StreamError) {
            return .success(try Self.open(request, client: client, allocator: allocator, environment: environment))
        } catch {
            return .failure(error)
        }
    }

    private static func open(
        _ request: OpenRequest, client: ClientIdentity, allocator: any SlabAllocator, environment: SessionEnvironment
    ) throws(StreamError) -> any BatchStream {
        let stream = try environment.opener.open(request, client: client, allocator: allocator)
        do throws(StreamError) {
            try check(stream.info, maxFrameBytes: environment.configuration.maxFrameBytes)
            try move(stream, to: request.token)
        } catch {
            stream.close()
            throw error
        }
        return stream
    }

    private static func check(_ info: StreamInfo, maxFrameBytes: Int) throws(StreamError) {
        let maxFrameBytes = min(maxFrameBytes, ByteBufferSlabAllocator.maxSlabBytes)
        guard info.layout.payloadBytes <= maxFrameBytes else {
            throw StreamError(
                .overLimit,
                "a batch takes \(info.layout.payloadBytes) bytes, the server sends at most \(maxFrameBytes)",
                hint: "lower batch_size, or raise limits.max_frame")
        }
        if let problem = BatchHeader.problem(with: info.layout, tokenBytes: tokenBytes) {
            throw StreamError(.badParameter, problem, hint: "choose other data_name or label_name")
        }
    }

    /// Goes to the token's address, unless the opener has done so.
    private static func move(_ stream: any BatchStream, to text: String?) throws(StreamError) {
        guard let text else { return }
        let token = try ResumeToken(text, of: stream.info)
        guard stream.position != token.address else { return }
        try stream.seek(to: token.address)
    }
}
