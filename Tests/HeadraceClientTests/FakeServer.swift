import DataTypes
import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Transport
import Wire

/// A server of small deterministic batches on a real socket, which can be told to break what it sends.
final class FakeServer: Sendable {
    /// What happens to one frame on its way out.
    enum Fault: Sendable {
        case none
        /// Send these bytes instead.
        case replace(ByteBuffer)
        /// Send so many bytes of it, then close.
        case cut(Int)
        /// Send nothing, and go on.
        case swallow
    }

    struct Configuration: Sendable {
        var steps = 3
        var rows = 4
        var columns = 1000
        /// Called for every frame with its type and how many of that type came before.
        var fault: @Sendable (FrameType, Int, ByteBuffer) -> Fault = { _, _, _ in .none }
        /// Bad records of a step, and whether they end the epoch.
        var badStep: Int?
        var failsAtBadStep = false
    }

    /// Most batches that were ever granted and not yet sent.
    let largestCredit = Atomic(0)
    let endpoint: String
    private let listener: Listener
    private let children: Mutex<[any Channel]>

    private init(listener: Listener, children: consuming Mutex<[any Channel]>) {
        self.listener = listener
        endpoint = "\(listener.endpoint)"
        self.children = children
    }

    static func start(_ endpoint: Endpoint, _ configuration: Configuration = Configuration()) async throws -> FakeServer
    {
        let box = Box()
        let listener = try await Listener.bind(endpoint, group: NIOSingletons.posixEventLoopGroup) { channel in
            channel.eventLoop.makeCompletedFuture {
                let server = box.server.withLock { $0 }
                server?.children.withLock { $0.append(channel) }
                try channel.pipeline.syncOperations.addHandler(
                    FakeSession(configuration) { credits in server?.largestCredit.max(credits, ordering: .relaxed) })
            }
        }
        let server = FakeServer(listener: listener, children: Mutex([]))
        box.server.withLock { $0 = server }
        return server
    }

    private final class Box: Sendable {
        let server = Mutex<FakeServer?>(nil)
    }

    /// Tells every client that the server is going down.
    func drain() async throws {
        for channel in children.withLock({ $0 }) {
            try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.handler(type: FakeSession.self).drain()
            }.get()
        }
    }

    func stop() async {
        await listener.close()
        for channel in children.withLock({ $0 }) { try? await channel.close().get() }
    }

    /// The bytes of a batch's data: a function of its address.
    static func byte(epoch: Int, step: Int, at position: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: epoch &* 31 &+ step &* 7 &+ position)
    }
}
