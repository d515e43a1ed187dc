import DataTypes
import Testing

struct ArrayTests {
    @Test("a shape knows its size, and one that no array can have is none")
    func shapes() {
        #expect(ArrayShape(elementType: .int16, extents: [3, 4])?.byteCount == 24)
        #expect(ArrayShape(elementType: .float64, extents: [])?.byteCount == 8)
        #expect(ArrayShape(elementType: .uint8, extents: [0, 1 << 40])?.byteCount == 0)
        #expect(ArrayShape(elementType: .uint8, extents: [-1]) == nil)
        #expect(ArrayShape(elementType: .uint8, extents: [1 << 40, 1 << 40]) == nil)
        #expect(ArrayShape(elementType: .uint8, extents: [0, 1 << 40, 1 << 40]) == nil)
        #expect(ArrayShape(elementType: .uint8, extents: Array(repeating: 1, count: 33)) == nil)
    }

    @Test("references are text, a list, or pairs")
    func references() {
        #expect(ArrayReference.list(.string("x")) == [ArrayReference(name: nil, text: "x")])
        #expect(
            ArrayReference.list(.list([.string("x"), .list([.string("n"), .string("y")])]))
                == [ArrayReference(name: nil, text: "x"), ArrayReference(name: "n", text: "y")])
        for value in [
            ParameterValue.null, .integer(1), .list([.integer(1)]), .list([.list([])]),
            .list([.list([.string("a"), .string("b"), .string("c")])]), .list([.list([.string("a"), .null])]),
        ] {
            #expect(ArrayReference.list(value) == nil)
        }
    }

    @Test(
        "a fingerprint of bytes knows each of them, their order and their number", arguments: [0, 1, 7, 31, 32, 33, 70])
    func fingerprints(count: Int) {
        func fingerprint(_ bytes: [UInt8]) -> Fingerprint {
            var result = Fingerprint()
            unsafe bytes.withUnsafeBytes { unsafe result.combine(bytes: $0) }
            return result
        }
        let bytes = (0..<count).map { UInt8($0) }
        var seen: Set<Fingerprint> = [fingerprint(bytes), fingerprint(bytes + [0])]
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x80
            seen.insert(fingerprint(changed))
        }
        #expect(seen.count == count + 2)
    }

    @Test("a layout's N says where a tensor's rows are")
    func batchAxis() {
        let data = DataDesc(name: "d", shape: [5, 3, 2], elementType: .int16, layout: "TNC")
        let label = DataDesc(name: "l", shape: [3], elementType: .uint8, layout: "TNC")
        #expect(data.batchAxis == 1 && label.batchAxis == 0)
        let tensor = BatchLayout(data: [data], label: [label], batchSize: 3).tensors[0]
        #expect(tensor.blockCount == 5 && tensor.blockBytes == 4 && tensor.sampleBytes == 20)
        #expect(tensor.start(row: 2, block: 4, batchSize: 3) == tensor.offset + (4 * 3 + 2) * 4)
    }

    @Test("arrays count in their own limit, in the client's and in the daemon's, until they go")
    func budget() throws {
        let budget = MemoryBudget(limitBytes: 100, limitBytesPerClient: 80, limitArrayBytes: 50)
        var first: MemoryReservation? = try budget.reserveArray(40, client: 1, name: "a")
        var error = #expect(throws: StreamError.self) { try budget.reserveArray(11, client: 1, name: "b") }
        #expect(error?.code == .overLimit && error?.hint.contains("limits.max_arrays") == true)
        #expect(error?.message == "the array 'b' takes 11 bytes; this client has handed over 40 of its 50")
        try budget.reserve(40, client: 1, arithmetic: "")
        error = #expect(throws: StreamError.self) { try budget.reserveArray(1, client: 1, name: "b") }
        #expect(error?.code == .memoryLimit && error?.hint.contains("limits.memory_per_client") == true)
        error = #expect(throws: StreamError.self) { try budget.reserveArray(21, client: 2, name: "b") }
        #expect(error?.hint.contains("limits.memory") == true && error?.isRetryable == true)
        budget.release(40, client: 1)
        #expect(budget.usedBytes == 40 && first != nil)
        first = nil
        #expect(budget.usedBytes == 0)
        _ = try budget.reserveArray(50, client: 1, name: "b")
    }

}
