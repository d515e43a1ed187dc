internal import DataTypes
package import NIOCore

extension BatchHeader {
    /// Reads and checks the table of a BATCH payload that came from a peer. Whatever the payload claims, the tensors of
    /// the result lie inside it, aligned, each as long as its shape and type say, none overlapping another.
    package init(reading payload: ByteBuffer) throws(BatchHeaderError) {
        var input = payload
        guard let tableBytes = input.readInteger(endianness: .little, as: UInt64.self) else {
            throw .badTableLength(0, payloadBytes: payload.readableBytes)
        }
        guard tableBytes <= UInt64(min(input.readableBytes, WireLimits.controlPayloadBytes)),
            (tableBytes + 8) % 64 == 0, let json = input.readSlice(length: Int(tableBytes))
        else { throw .badTableLength(tableBytes, payloadBytes: payload.readableBytes) }

        let table: Table
        do {
            table = try JSONPayload.decode(Table.self, from: json)
        } catch {
            throw .badTable(error)
        }
        let start = 8 + Int(tableBytes)
        try Self.checkCover(table.entries, count: input.readableBytes)

        let metadata = table.metadata
        let layouts = try Self.json([String: String].self, "layouts", metadata)
        var unlisted = Set(table.entries.keys.filter { !$0.hasPrefix(Self.gapPrefix) })
        func tensor(_ name: String) throws(BatchHeaderError) -> Tensor {
            guard unlisted.remove(name) != nil, let entry = table.entries[name] else { throw .unlisted(name: name) }
            return try entry.tensor(name: name, layout: layouts[name] ?? "", start: start)
        }
        func tensors(_ key: String) throws(BatchHeaderError) -> [Tensor] {
            var list: [Tensor] = []
            for name in try Self.json([String].self, key, metadata) { list.append(try tensor(name)) }
            return list
        }
        data = try tensors("data")
        label = try tensors("label")
        index = try tensor(Self.indexName)
        sparse = [:]
        let columns = metadata["csr"] == nil ? [:] : try Self.json([String: String].self, "csr", metadata)
        for (name, text) in columns {
            guard let columns = Int(text), columns > 0,
                let values = (data + label).first(where: { $0.desc.name == name })
            else { throw .badMetadata(key: "csr", value: metadata["csr"]) }
            let members = (
                try tensor(name + CSRTensor.indicesSuffix), try tensor(name + CSRTensor.indptrSuffix)
            )
            sparse[name] = try Self.sparse(
                values, indices: members.0, indptr: members.1, columns: columns, rows: index.desc.elementCount, payload)
        }
        if let name = unlisted.min() { throw .unlisted(name: name) }

        guard index.desc.elementType == .uint64, index.desc.shape.count == 1 else {
            throw .badEntry(name: Self.indexName, reason: "is not a list of U64")
        }
        let rows = index.desc.shape[0]
        for tensor in data + label
        where sparse[tensor.desc.name] == nil && tensor.desc.shape[tensor.desc.batchAxis] != rows {
            throw .badEntry(name: tensor.desc.name, reason: "has another number of rows than 'index', \(rows)")
        }
        address = BatchAddress(
            epoch: try Self.number("epoch", metadata, in: 0..<WireLimits.epochs),
            step: try Self.number("step", metadata, in: 0..<Int.max))
        stepCount = try Self.number("steps", metadata, in: 0..<Int.max)
        partIndex = try Self.number("part", metadata, in: 0..<Int.max)
        pad = try Self.number("pad", metadata, in: 0..<rows + 1)
        guard let token = metadata["token"], ResumeToken(token) != nil else {
            throw .badMetadata(key: "token", value: metadata["token"])
        }
        self.token = token
    }

    /// Checks the members of a sparse tensor down to their elements: whoever follows them must not leave the matrix.
    private static func sparse(
        _ values: Tensor, indices: Tensor, indptr: Tensor, columns: Int, rows: Int, _ payload: ByteBuffer
    ) throws(BatchHeaderError) -> Sparse {
        guard values.desc.shape.count == 1, indices.desc.shape == values.desc.shape,
            indices.desc.elementType == .int64
        else { throw .badEntry(name: indices.desc.name, reason: "is not a list of I64, one for each value") }
        guard indptr.desc.shape == [rows + 1], indptr.desc.elementType == .int64 else {
            throw .badEntry(name: indptr.desc.name, reason: "is not a list of I64, one more than rows")
        }
        func element(_ tensor: Tensor, _ position: Int) -> Int64 {
            // The tensor lies inside the payload, and positions are below its number of elements.
            payload.getInteger(
                at: payload.readerIndex + tensor.offset + 8 * position, endianness: .little, as: Int64.self) ?? -1
        }
        var last: Int64 = 0
        for row in 0...rows {
            let start = element(indptr, row)
            guard row == 0 ? start == 0 : start >= last, start <= values.desc.shape[0] else {
                throw .badEntry(name: indptr.desc.name, reason: "gives row \(row) the impossible place \(start)")
            }
            last = start
        }
        for position in 0..<Int(last) {
            let column = element(indices, position)
            guard column >= 0, column < columns else {
                throw .badEntry(name: indices.desc.name, reason: "names column \(column) of \(columns)")
            }
        }
        return Sparse(columns: columns, count: Int(last), indices: indices, indptr: indptr)
    }

    /// The whole table as it is written in JSON.
    private struct Table: Decodable {
        var metadata: [String: String] = [:]
        var entries: [String: Entry] = [:]

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Name.self)
            for name in values.allKeys {
                if name.stringValue == BatchHeader.metadataName {
                    metadata = try values.decode([String: String].self, forKey: name)
                } else {
                    entries[name.stringValue] = try values.decode(Entry.self, forKey: name)
                }
            }
        }
    }

    /// Any member's name.
    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Entry: Decodable {
        var dtype: String
        var shape: [Int]
        var offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }

        func tensor(name: String, layout: String, start: Int) throws(BatchHeaderError) -> Tensor {
            guard let type = ElementType(safetensorsName: dtype) else {
                throw .badEntry(name: name, reason: "has the unknown type '\(dtype)'")
            }
            let message = TensorMessage(DataDesc(name: name, shape: shape, elementType: type, layout: layout))
            guard let desc = message.desc else { throw .badEntry(name: name, reason: "has an impossible shape") }
            // `checkCover` has seen to it that there are two offsets, in order and inside the payload.
            guard desc.byteCount == offsets[1] - offsets[0] else {
                throw .badEntry(
                    name: name, reason: "has \(offsets[1] - offsets[0]) bytes; its shape asks for \(desc.byteCount)")
            }
            guard offsets[0] % 64 == 0 else { throw .badEntry(name: name, reason: "is not aligned") }
            return Tensor(desc: desc, offset: start + offsets[0])
        }
    }

    /// Every byte behind the table belongs to exactly one entry.
    private static func checkCover(_ entries: [String: Entry], count: Int) throws(BatchHeaderError) {
        var due = 0
        var last = ""
        for (name, entry) in entries {
            guard entry.offsets.count == 2, entry.offsets[0] >= 0, entry.offsets[0] <= entry.offsets[1] else {
                throw .badEntry(name: name, reason: "has impossible offsets")
            }
        }
        let ordered = entries.sorted {
            ($0.value.offsets[0], $0.value.offsets[1]) < ($1.value.offsets[0], $1.value.offsets[1])
        }
        for (name, entry) in ordered {
            guard entry.offsets[0] == due else { throw .badCover(name: name, begin: entry.offsets[0], expected: due) }
            due = entry.offsets[1]
            last = name
        }
        guard due == count else { throw .badCover(name: "behind '\(last)'", begin: due, expected: count) }
    }

    private static func number(
        _ key: String, _ metadata: [String: String], in allowed: Range<Int>
    ) throws(BatchHeaderError) -> Int {
        guard let text = metadata[key], let value = Int(text), allowed.contains(value) else {
            throw .badMetadata(key: key, value: metadata[key])
        }
        return value
    }

    private static func json<Value: Decodable>(
        _ type: Value.Type, _ key: String, _ metadata: [String: String]
    ) throws(BatchHeaderError) -> Value {
        guard let text = metadata[key] else { throw .badMetadata(key: key, value: nil) }
        do {
            return try JSONPayload.decode(type, from: ByteBuffer(string: text))
        } catch {
            throw .badMetadata(key: key, value: text)
        }
    }
}
