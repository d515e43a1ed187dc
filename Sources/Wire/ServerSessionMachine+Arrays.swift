package import DataTypes
internal import NIOCore

/// Arrays that the client hands over before it opens a stream.
///
/// DATA is counted here, so that no more comes than was announced, whatever becomes of the array.
extension ServerSessionMachine {
    mutating func attach(_ message: AttachMessage) -> [Action] {
        let comesInFrames = message.via == .frames
        // A client need not wait for the answer before it sends the elements.
        let announced = comesInFrames ? max(message.bytes, 0) : 0
        do throws(StreamError) {
            let shape = try message.checked()
            guard !isDraining else { throw Self.draining }
            guard comesInFrames || features.contains(WireLimits.descriptorsFeature) else {
                throw StreamError(
                    .badRequest,
                    "the array '\(message.name)' is to come by descriptor, which this connection cannot pass",
                    hint: "send it in frames")
            }
            guard !arrays.contains(message.name) else {
                throw StreamError(
                    .badRequest, "an array '\(message.name)' has been handed over already", hint: "choose another name")
            }
            guard arrays.count < WireLimits.arraysPerConnection else {
                throw StreamError(
                    .overLimit, "\(arrays.count) arrays have been handed over on this connection",
                    hint: "\(WireLimits.arraysPerConnection) are allowed; open another connection")
            }
            state = .attaching
            upload = (message.name, announced, comesInFrames)
            let attach = Action.attach(name: message.name, shape, message.via)
            return comesInFrames && announced == 0 ? [attach, .finishArray] : [attach]
        } catch {
            unwantedBytes = announced
            guard !comesInFrames, features.contains(WireLimits.descriptorsFeature) else { return refuse(error) }
            state = .attaching
            upload = (message.name, 0, false)
            return [.refuseDescriptor(error)]
        }
    }

    mutating func receivedData(_ payload: ByteBuffer) -> [Action] {
        let count = payload.readableBytes
        switch state {
        case .attaching:
            guard let missing = upload?.missing, upload?.comesInFrames == true, missing > 0 else {
                return notAllowed(.data)
            }
            guard count >= 1, count <= missing else {
                return fail(
                    StreamError(.badFrame, "DATA brings \(count) bytes where 1 to \(missing) were due"))
            }
            upload?.missing = missing - count
            return [.appendToArray(payload)] + (count == missing ? [.finishArray] : [])
        case .greeted where unwantedBytes > 0:
            guard count >= 1, count <= unwantedBytes else { return notAllowed(.data) }
            unwantedBytes -= count
            return []
        default:
            return notAllowed(.data)
        }
    }

    /// The array asked for by `.attach` is there, whole.
    package mutating func attached() -> [Action] {
        guard state == .attaching, let upload else { return [] }
        arrays.insert(upload.name)
        self.upload = nil
        return backToGreeted([.send(.attached(AttachedMessage(name: upload.name)))])
    }

    /// There is no room for the array, or it could not be taken over.
    package mutating func attachFailed(_ error: StreamError) -> [Action] {
        guard state == .attaching, let upload else { return [] }
        unwantedBytes = upload.comesInFrames ? upload.missing : 0
        self.upload = nil
        return backToGreeted(refuse(error))
    }
}
