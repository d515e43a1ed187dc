import DataTypes
import NIOCore
import Testing
import Wire

@Suite("Batch header")
struct BatchHeaderTests {
    @Test("what is written is read again", arguments: [0, 1, 2, 5])
    func roundTrip(labels: Int) throws {
        let layout = BatchLayout(
            data: [
                DataDesc(name: "data", shape: [4, 3, 7, 5], elementType: .float32, layout: "NCHW"),
                DataDesc(name: "bytes", shape: [4, 13], elementType: .uint8, layout: "NC"),
            ],
            label: (0..<labels).map {
                DataDesc(name: "label \"\($0)\" \\ ü\n", shape: [4, $0 + 1], elementType: .bfloat16, layout: "NC")
            }, batchSize: 4)
        #expect(BatchHeader.problem(with: layout, tokenBytes: 150) == nil)
        let batch = DataBatch(
            address: BatchAddress(epoch: 3, step: 116), partIndex: 2, layout: layout, pad: 3, stepCount: 391,
            badRecords: [], slab: HeapSlabAllocator().allocate(byteCount: layout.payloadBytes), giveBack: { _ in })
        let token = Samples.token(epoch: 3, step: 117)
        let payload = Samples.payload(batch, token: token)
        let header = try BatchHeader(reading: payload)
        #expect(header.address == batch.address)
        #expect(header.partIndex == 2)
        #expect(header.pad == 3)
        #expect(header.stepCount == 391)
        #expect(header.token == token)
        let read = header.data + header.label + [header.index]
        #expect(read.map(\.desc) == layout.tensors.map(\.desc))
        #expect(read.map(\.offset) == layout.tensors.map(\.offset))
    }

    /// Rows with 2, 0 and 3 elements, in 7 columns, in data and label.
    private func sparsePayload() -> (layout: BatchLayout, payload: ByteBuffer) {
        func desc(_ name: String) -> DataDesc {
            DataDesc(name: name, shape: [3, 7], elementType: .float32, layout: "NC", storage: .csr(capacity: 6))
        }
        let layout = BatchLayout(data: [desc("data")], label: [desc("l")], batchSize: 3)
        let batch = Samples.batch(step: 0, steps: 3, layout: layout)
        for tensor in layout.sparse {
            tensor.begin([2, 0, 3], in: batch.slab)
            for position in 0..<5 {
                // The tensor lies in the slab and has room for six.
                unsafe batch.slab.bytes.storeBytes(
                    of: Int64(position + 2), toByteOffset: tensor.indices.offset + 8 * position, as: Int64.self)
            }
        }
        return (layout, Samples.payload(batch, token: Samples.token(epoch: 0, step: 1)))
    }

    @Test("a sparse tensor is read with its members")
    func sparse() throws {
        let (layout, payload) = sparsePayload()
        #expect(BatchHeader.problem(with: layout, tokenBytes: 150) == nil)
        let header = try BatchHeader(reading: payload)
        #expect(header.data.map(\.desc.name) == ["data"] && header.label.map(\.desc.name) == ["l"])
        for (name, expected) in zip(["data", "l"], layout.sparse) {
            let found = try #require(header.sparse[name])
            #expect(found.columns == 7 && found.count == 5)
            #expect(found.indices.offset == expected.indices.offset && found.indices.desc.shape == [6])
            #expect(found.indptr.offset == expected.indptr.offset && found.indptr.desc.shape == [4])
        }
    }

    @Test("a mutated sparse payload is refused, or its elements lie inside the matrix", arguments: 0..<10)
    func mutatedSparse(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (layout, payload) = sparsePayload()
        let original = Array(payload.readableBytesView)
        let areas =
            [64..<1000]
            + layout.sparse.flatMap { [$0.indices, $0.indptr] }.map { $0.offset..<$0.offset + $0.desc.byteCount }
        var refused = 0
        for _ in 0..<1000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let place = Int.random(in: try #require(areas.randomElement(using: &random)), using: &random)
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            }
            guard let header = try? BatchHeader(reading: ByteBuffer(bytes: bytes)) else {
                refused += 1
                continue
            }
            for (name, sparse) in header.sparse {
                let values = try #require((header.data + header.label).first { $0.desc.name == name })
                #expect(sparse.count <= values.desc.elementCount && sparse.count <= sparse.indices.desc.elementCount)
                for position in 0..<sparse.count {
                    let at = sparse.indices.offset + 8 * position
                    let column = ByteBuffer(bytes: bytes).getInteger(at: at, endianness: .little, as: Int64.self)
                    #expect((0..<Int64(sparse.columns)).contains(try #require(column)))
                }
            }
        }
        #expect(refused > 200 && refused < 1000)
    }

    @Test("OPENED says of a sparse tensor how it comes, and what cannot be is refused")
    func sparseDescription() throws {
        let desc = DataDesc(
            name: "data", shape: [3, 7], elementType: .float32, layout: "NC", storage: .csr(capacity: 6))
        #expect(TensorMessage(desc).desc == desc)
        var message = TensorMessage(desc)
        for change: (inout TensorMessage) -> Void in [
            { $0.storage = "coo" }, { $0.capacity = nil }, { $0.capacity = 0 }, { $0.capacity = .max },
            { $0.shape = [3] },
        ] {
            change(&message)
            #expect(message.desc == nil)
            message = TensorMessage(desc)
        }
    }

    @Test(
        "names that cannot be told apart or take too much room are named",
        arguments: [
            ["index"], ["__metadata__"], [".gap0"], ["data", "data"], [String(repeating: "\u{1}", count: 2000)],
        ])
    func badNames(names: [String]) {
        let layout = BatchLayout(
            data: names.map { DataDesc(name: $0, shape: [2, 1], elementType: .uint8, layout: "NC") }, label: [],
            batchSize: 2)
        #expect(BatchHeader.problem(with: layout, tokenBytes: 150) != nil)
    }

    @Test("a mutated payload is refused, or its tensors lie inside it", arguments: 0..<10)
    func mutated(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let batch = Samples.batch(step: 0, steps: 3)
        let original = Array(Samples.payload(batch, token: Samples.token(epoch: 0, step: 1)).readableBytesView)
        let alphabet = Array("0123456789-.,:[]{}\"\\eEtruefalsn ".utf8)
        var refused = 0
        for _ in 0..<1000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<700, using: &random)
                bytes[place] =
                    Bool.random(using: &random)
                    ? try #require(alphabet.randomElement(using: &random)) : UInt8.random(in: 0...255, using: &random)
            }
            if Int.random(in: 0..<10, using: &random) == 0 { bytes.removeLast(Int.random(in: 1...600, using: &random)) }
            do {
                let header = try BatchHeader(reading: ByteBuffer(bytes: bytes))
                for tensor in header.data + header.label + [header.index] {
                    #expect(tensor.offset >= 0 && tensor.offset % 64 == 0)
                    #expect(tensor.desc.byteCount <= bytes.count - tensor.offset)
                }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 200)
    }

    @Test("mutated JSON of every message is read or refused, never worse", arguments: 0..<8)
    func mutatedMessages(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let vectors = Vector.load("valid/control")
        let alphabet = Array("0123456789-+.,:[]{}\"\\eE tfn\u{0}\u{7f}".utf8)
        for vector in vectors {
            var decoder = vector.decoder()
            var input = vector.bytes
            let frame = try #require(try decoder.next(&input))
            for _ in 0..<200 where frame.payload.readableBytes > 0 {
                var bytes = Array(frame.payload.readableBytesView)
                for _ in 0..<Int.random(in: 1...5, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: bytes[place] = try #require(alphabet.randomElement(using: &random))
                    case 1: bytes.insert(try #require(alphabet.randomElement(using: &random)), at: place)
                    default: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    }
                }
                let mutated = Frame(header: frame.header, payload: ByteBuffer(bytes: bytes))
                for sender in [ControlMessage.Sender.client, .server] {
                    guard let message = try? ControlMessage(decoding: mutated, sender: sender) else { continue }
                    // What was read can be written.
                    _ = message.payload()
                }
            }
        }
    }
}
