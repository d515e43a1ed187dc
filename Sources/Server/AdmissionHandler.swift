import DataTypes
import NIOCore
import Transport

/// Makes a session of a new connection, or tells the peer why there is none.
///
/// Waits for `channelActive`, because a connection knows its peer only then. Nothing is read before that.
final class AdmissionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let environment: SessionEnvironment

    init(environment: SessionEnvironment) { self.environment = environment }

    func channelActive(context: ChannelHandlerContext) {
        let handler = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Answered within the call, before anything can be read.
        PeerCredentials.read(from: context.channel).whenSuccess { credentials in
            let (handler, context) = handler.value
            guard let peer = Peer(address: context.channel.remoteAddress, credentials: credentials) else {
                context.close(promise: nil)
                return
            }
            handler.admit(peer, context)
        }
    }

    private func admit(_ peer: Peer, _ context: ChannelHandlerContext) {
        let registry = environment.registry
        let admission = registry.admit(
            context.channel, source: peer.source, peer: peer.name, processID: peer.processID, userID: peer.userID)
        var identity = ClientIdentity(
            id: 0, processID: peer.processID, userID: peer.userID, peer: peer.name, software: "")
        var refusal: StreamError?
        switch admission {
        case .admitted(let id):
            identity.id = id
        case .refused(let error, mayLinger: true):
            refusal = error
        case .refused(let error, mayLinger: false):
            environment.logRefusal(error, peer: peer.name)
            context.close(promise: nil)
            return
        }
        let session = SessionHandler(environment: environment, identity: identity, refusal: refusal)
        do {
            try context.pipeline.syncOperations.addHandler(session)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            // The connection has ended already.
            if refusal == nil { registry.sessionIsGone(identity.id) } else { registry.refusedIsGone() }
            context.close(promise: nil)
        }
    }
}
