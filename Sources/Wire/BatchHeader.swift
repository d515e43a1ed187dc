package import DataTypes

/// The descriptor table at the start of a BATCH payload: what safetensors calls the header.
///
/// ```
/// 0        8                          8 + n          8 + n + offsets[1]
/// ├ n (LE) ┼ JSON, padded with spaces ┼ tensor ┬.gap0┼ tensor …
/// ```
/// `8 + n` and every tensor's start are multiples of 64. Gaps are tensors too, because safetensors allows no holes.
package struct BatchHeader: Sendable, Hashable {
    package struct Tensor: Sendable, Hashable {
        package var desc: DataDesc
        /// From the payload's start, a multiple of 64.
        package var offset: Int
    }

    /// What belongs to the values of a sparse tensor. The values themselves are among `data` or `label`.
    package struct Sparse: Sendable, Hashable {
        /// Of the matrix; it has as many rows as the batch.
        package var columns: Int
        /// Elements in use, from the first.
        package var count: Int
        /// The column of each element, int64, each below `columns`.
        package var indices: Tensor
        /// Where each row begins, and where the last ends: int64, from 0 to `count`, never falling.
        package var indptr: Tensor
    }

    package var address: BatchAddress
    package var partIndex: Int
    /// Batches of the epoch.
    package var stepCount: Int
    /// Rows at the end that are not data of this epoch.
    package var pad: Int
    /// Resume token of the batch after this one.
    package var token: String
    package var data: [Tensor]
    package var label: [Tensor]
    /// By the names of the sparse tensors.
    package var sparse: [String: Sparse]
    /// One record id a row.
    package var index: Tensor

    static let metadataName = "__metadata__"
    static let indexName = "index"
    static let gapPrefix = ".gap"

    /// What `write` writes of a batch and a receiver reads.
    package init(describing batch: DataBatch, token: String) {
        func tensor(_ tensor: BatchLayout.Tensor) -> Tensor { Tensor(desc: tensor.desc, offset: tensor.offset) }
        let listed = Self.listed(batch.layout)
        func tensors(_ role: BatchLayout.Role) -> [Tensor] { listed.filter { $0.role == role }.map(tensor) }
        address = batch.address
        partIndex = batch.partIndex
        stepCount = batch.stepCount
        pad = batch.pad
        self.token = token
        data = tensors(.data)
        label = tensors(.label)
        index = tensor(batch.layout.index)
        sparse = [:]
        for matrix in batch.layout.sparse {
            let count = matrix.place(ofRow: matrix.rows - 1, in: batch.slab).upperBound
            sparse[matrix.values.desc.name] = Sparse(
                columns: matrix.columns, count: count, indices: tensor(matrix.indices), indptr: tensor(matrix.indptr))
        }
    }

    /// Whether `tensors` are what OPENED says in `messages`.
    func provides(_ messages: [TensorMessage], as tensors: [Tensor]) -> Bool {
        guard messages.count == tensors.count else { return false }
        return zip(messages, tensors).allSatisfy { message, tensor in
            guard var desc = message.desc else { return false }
            if case .csr(let capacity) = desc.storage {
                guard sparse[desc.name]?.columns == desc.shape[1] else { return false }
                desc = DataDesc(
                    name: desc.name, shape: [capacity], elementType: desc.elementType, layout: desc.layout)
            } else if sparse[desc.name] != nil {
                return false
            }
            return tensor.desc == desc
        }
    }

    /// The tensors that are listed by role: a sparse one by its values alone.
    private static func listed(_ layout: BatchLayout) -> [BatchLayout.Tensor] {
        let hidden = layout.sparse.flatMap { [$0.indices.desc.name, $0.indptr.desc.name] }
        return layout.tensors.filter { !hidden.contains($0.desc.name) }
    }

    // MARK: Writing

    /// Writes the table of `batch` into the header area of its slab. To be called once, before the batch is sent, by
    /// the only session that sends it.
    ///
    /// - Precondition: `problem(with:tokenBytes:)` found none with the batch's layout.
    package static func write(_ batch: DataBatch, token: String) {
        let table = table(
            layout: batch.layout, address: batch.address, partIndex: batch.partIndex, stepCount: batch.stepCount,
            pad: batch.pad, token: token)
        let areaBytes = batch.layout.headerBytes
        precondition(table.count <= areaBytes - 8, "the descriptor table outgrew its area")
        // The header area is the slab's first `areaBytes` bytes; nobody but this session touches it (see `DataBatch`).
        let area = unsafe UnsafeMutableRawBufferPointer(rebasing: batch.slab.bytes[..<areaBytes])
        unsafe area.storeBytes(of: UInt64(areaBytes - 8).littleEndian, as: UInt64.self)
        unsafe UnsafeMutableRawBufferPointer(rebasing: area[8...]).copyBytes(from: table)
        unsafe UnsafeMutableRawBufferPointer(rebasing: area[(8 + table.count)...])
            .initializeMemory(as: UInt8.self, repeating: UInt8(ascii: " "))
    }

    /// Why batches of `layout` could not be described, or nil: names that clash, or that need more room than the
    /// header area has.
    ///
    /// - Parameter tokenBytes: length of the longest token.
    package static func problem(with layout: BatchLayout, tokenBytes: Int) -> String? {
        var seen: Set<String> = [metadataName]
        for tensor in layout.tensors {
            let name = tensor.desc.name
            if name.hasPrefix(gapPrefix) || !seen.insert(name).inserted {
                return "'\(name)' cannot name a tensor here: it is reserved or taken"
            }
        }
        let longest = table(
            layout: layout, address: BatchAddress(epoch: .max, step: .max), partIndex: .max, stepCount: .max,
            pad: .max, token: String(repeating: "x", count: tokenBytes))
        guard longest.count <= layout.headerBytes - 8 else {
            return "the names of the tensors take too much room when written as JSON"
        }
        return nil
    }

    private static func table(
        layout: BatchLayout, address: BatchAddress, partIndex: Int, stepCount: Int, pad: Int, token: String
    ) -> [UInt8] {
        let listed = listed(layout)
        func names(_ role: BatchLayout.Role) -> String {
            JSONText.list(listed.filter { $0.role == role }.map(\.desc.name))
        }
        var metadata = [
            ("epoch", String(address.epoch)), ("step", String(address.step)), ("part", String(partIndex)),
            ("steps", String(stepCount)), ("pad", String(pad)), ("token", token), ("data", names(.data)),
            ("label", names(.label)),
            ("layouts", JSONText.object(listed.map { ($0.desc.name, $0.desc.layout) })),
        ]
        if !layout.sparse.isEmpty {
            metadata.append(
                ("csr", JSONText.object(layout.sparse.map { ($0.values.desc.name, String($0.columns)) })))
        }
        var json = JSONText()
        json.raw("{\"\(metadataName)\":")
        json.raw(JSONText.object(metadata))
        func entry(_ name: String, _ type: ElementType, _ shape: [Int], from begin: Int, to end: Int) {
            json.raw(",")
            json.text(name)
            json.raw(":{\"dtype\":\"\(type.safetensorsName)\",\"shape\":[")
            json.raw(shape.map(String.init).joined(separator: ","))
            json.raw("],\"data_offsets\":[\(begin - layout.headerBytes),\(end - layout.headerBytes)]}")
        }
        var gaps = 0
        for (position, tensor) in layout.tensors.enumerated() {
            let end = tensor.offset + tensor.desc.byteCount
            entry(tensor.desc.name, tensor.desc.elementType, tensor.desc.shape, from: tensor.offset, to: end)
            let next = position + 1 < layout.tensors.count ? layout.tensors[position + 1].offset : layout.payloadBytes
            if next > end {
                entry("\(gapPrefix)\(gaps)", .uint8, [next - end], from: end, to: next)
                gaps += 1
            }
        }
        json.raw("}")
        return json.bytes
    }
}
