import DataTypes
import Foundation
import NIOCore
import Testing
import Wire

@Suite("Protocol vectors")
struct VectorTests {
    /// The last frame of a vector whose frames are all good.
    private func lastFrame(_ vector: Vector) throws -> Frame {
        var decoder = vector.decoder()
        var input = vector.bytes
        var last: Frame?
        while let frame = try decoder.next(&input) { last = frame }
        #expect(input.readableBytes == 0)
        return try #require(last)
    }

    @Test(
        "a valid frame's header is read as stated", arguments: Vector.load("valid/control") + Vector.load("valid/batch")
    )
    func header(vector: Vector) throws {
        let header = try lastFrame(vector).header
        let decoded = try #require(vector.decoded)
        #expect(header.type.name == decoded.type)
        #expect(header.hasChecksum == (decoded.flags & 1 == 1))
        #expect(header.lengthBytes == decoded.length)
        #expect(header.stream == decoded.stream)
        #expect(header.sequence == decoded.sequence)
        #expect(header.checksum == decoded.checksum)
    }

    @Test("a control message is read, and written as the same bytes", arguments: Vector.load("valid/control"))
    func control(vector: Vector) throws {
        let frame = try lastFrame(vector)
        let expected = try #require(try Vector.messages("valid/control")[vector.name])
        if frame.header.type == .data {
            // Elements are no message.
            #expect(try ControlMessage(decoding: frame, sender: vector.from) == nil)
            #expect(
                Array(frame.payload.readableBytesView) == Vector.unhex(try #require(expected["payload_hex"] as? String))
            )
            var encoder = FrameEncoder()
            #expect(encoder.encode(elements: frame.payload) == vector.bytes)
            return
        }
        let message = try #require(try ControlMessage(decoding: frame, sender: vector.from))
        let written = message.payload()
        if let hex = expected["payload_hex"] as? String {
            #expect(Array(written.readableBytesView) == Vector.unhex(hex))
        } else {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(written.readableBytesView)) as? [String: Any])
            // Offered features are kept as they came: it is the server's answer that drops the unknown ones.
            #expect(NSDictionary(dictionary: object) == NSDictionary(dictionary: expected))
        }
        if vector.canonical == true {
            var encoder = FrameEncoder(firstSequence: vector.expectedSequence ?? 0)
            #expect(encoder.encode(message) == vector.bytes)
        }
    }

    @Test("a batch's table is read as stated", arguments: Vector.load("valid/batch"))
    func batch(vector: Vector) throws {
        let payload = try lastFrame(vector).payload
        let header = try BatchHeader(reading: payload)
        let expected = try #require(try Vector.messages("valid/batch")[vector.name])
        #expect(header.address.epoch == expected["epoch"] as? Int)
        #expect(header.address.step == expected["step"] as? Int)
        #expect(header.partIndex == expected["part"] as? Int)
        #expect(header.stepCount == expected["steps"] as? Int)
        #expect(header.pad == expected["pad"] as? Int)
        #expect(header.token == expected["token"] as? String)
        let tensors = header.data.map { ("data", $0) } + header.label.map { ("label", $0) } + [("index", header.index)]
        let listed = try #require(expected["tensors"] as? [[String: Any]])
        try #require(tensors.count == listed.count)
        for ((role, tensor), entry) in zip(tensors, listed) {
            #expect(role == entry["role"] as? String)
            #expect(tensor.desc.name == entry["name"] as? String)
            #expect(tensor.desc.elementType.rawValue == entry["dtype"] as? String)
            #expect(tensor.desc.shape == entry["shape"] as? [Int])
            #expect(tensor.desc.layout == entry["layout"] as? String)
            let bytes = payload.getBytes(at: payload.readerIndex + tensor.offset, length: tensor.desc.byteCount)
            #expect(try bytes == Vector.unhex(#require(entry["bytes_hex"] as? String)))
        }
        let sparse = expected["sparse"] as? [String: [String: Any]] ?? [:]
        #expect(Set(header.sparse.keys) == Set(sparse.keys))
        for (name, entry) in sparse {
            let found = try #require(header.sparse[name])
            #expect(found.columns == entry["columns"] as? Int && found.count == entry["count"] as? Int)
            for (tensor, key) in [(found.indices, "indices_hex"), (found.indptr, "indptr_hex")] {
                let bytes = payload.getBytes(at: payload.readerIndex + tensor.offset, length: tensor.desc.byteCount)
                #expect(try bytes == Vector.unhex(#require(entry[key] as? String)))
            }
        }
    }

    @Test("bytes that are no frame are refused for the stated reason", arguments: Vector.load("invalid/framing"))
    func framing(vector: Vector) throws {
        let error = #expect(throws: FrameError.self) {
            var decoder = vector.decoder()
            var input = vector.bytes
            while try decoder.next(&input) != nil {}
            try decoder.end(input)
        }
        #expect(error?.name == vector.error?.reason)
    }

    @Test("JSON that is not the message is refused for the stated reason", arguments: Vector.load("invalid/messages"))
    func messages(vector: Vector) throws {
        let frame = try lastFrame(vector)
        let error = #expect(throws: MessageError.self) { try ControlMessage(decoding: frame, sender: vector.from) }
        #expect(error?.name == vector.error?.reason)
    }

    @Test(
        "a batch's table that cannot be true is refused for the stated reason", arguments: Vector.load("invalid/batch"))
    func badBatch(vector: Vector) throws {
        let frame = try lastFrame(vector)
        let error = #expect(throws: BatchHeaderError.self) { try BatchHeader(reading: frame.payload) }
        #expect(error?.name == vector.error?.reason)
    }

    @Test(
        "a session that breaks the rules gets the stated error at its last frame",
        arguments: Vector.load("invalid/session"))
    func session(vector: Vector) throws {
        var decoder = vector.decoder()
        var input = vector.bytes
        var machine = ServerSessionMachine(software: "test", session: 1, passesDescriptors: true, sharesMemory: true)
        var errors: [ErrorMessage] = []
        var wasClosed = false
        while let frame = try decoder.next(&input) {
            #expect(errors.isEmpty)
            for action in machine.received(frame) {
                switch action {
                case .send(.error(let message)): errors.append(message)
                case .closeConnection: wasClosed = true
                default: break
                }
            }
        }
        #expect(errors.map(\.code) == [vector.error?.code])
        #expect(errors.map(\.scope.rawValue) == [vector.error?.scope])
        #expect(wasClosed == (vector.error?.scope == "connection"))
    }
}
