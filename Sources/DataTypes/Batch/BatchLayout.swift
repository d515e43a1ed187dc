/// How a batch lies in its slab, which is also how it travels: a header area for the descriptor table, then the tensors,
/// each at a multiple of 64 bytes.
///
/// ```
/// 0              headerBytes            offsets[1]                payloadBytes
/// ├ descriptor ──┼ data 0 ─────────┬gap─┼ label 0 ┬gap─┼ index ┬──┤
/// ```
package struct BatchLayout: Sendable, Hashable {
    /// What a tensor is to the trainer.
    package enum Role: String, Sendable, Hashable { case data, label, index }

    package struct Tensor: Sendable, Hashable {
        package var role: Role
        package var desc: DataDesc
        /// From the start of the slab, a multiple of 64.
        package var offset: Int
        /// Bytes that one sample takes: the tensor's bytes over the batch size. 0 for the members of a sparse tensor, in which a
        /// sample has no place of its own.
        package var sampleBytes: Int
        /// Blocks that a sample is in: the product of the extents in front of the batch axis, 1 when that is the first.
        package var blockCount: Int

        /// Bytes of a sample that lie together.
        package var blockBytes: Int { sampleBytes / blockCount }

        /// Where block `block` of row `row` starts in the slab.
        ///
        /// ```
        /// block 0: row 0, row 1, …   block 1: row 0, row 1, …
        /// ```
        @inline(__always)
        package func start(row: Int, block: Int, batchSize: Int) -> Int {
            offset + (block * batchSize + row) * blockBytes
        }
    }

    package let batchSize: Int
    /// Room for the descriptor table, a multiple of 64.
    package let headerBytes: Int
    package let tensors: [Tensor]
    /// The sparse tensors. Their members are among `tensors`.
    package let sparse: [CSRTensor]
    /// Bytes of the whole, a multiple of 64.
    package let payloadBytes: Int

    /// - Parameters:
    ///   - data, label: all with the same batch size along their batch axes. A sparse tensor takes three places.
    ///   - batchSize: rows of every tensor. An `index` tensor of that many `uint64` is added behind them.
    /// - Precondition: extents are positive and the sum fits an `Int`; iterators check that before.
    package init(data: [DataDesc], label: [DataDesc], batchSize: Int) {
        let index = DataDesc(name: "index", shape: [batchSize], elementType: .uint64, layout: "N")
        let all = data.map { (Role.data, $0) } + label.map { (Role.label, $0) } + [(Role.index, index)]
        self.batchSize = batchSize
        // 256 bytes a tensor and its gap beside the names (six bytes a byte when all of them must be escaped), 1,024
        // for the batch's own facts: more than the longest table takes.
        let members = all.map { ($0, CSRTensor.members(of: $1)) }
        let names = members.reduce(0) { sum, entry in
            sum + entry.1.reduce(0) { $0 + 320 + 6 * $1.name.utf8.count + 24 * $1.shape.count }
        }
        headerBytes = Self.align(1024 + names)
        var offset = headerBytes
        var tensors: [Tensor] = []
        var sparse: [CSRTensor] = []
        for ((role, desc), (_, members)) in zip(all, members) {
            for member in members {
                let isDense = members.count == 1
                tensors.append(
                    Tensor(
                        role: role, desc: member, offset: offset,
                        sampleBytes: isDense ? member.byteCount / batchSize : 0,
                        blockCount: isDense ? member.shape.prefix(member.batchAxis).reduce(1, *) : 1))
                offset = Self.align(offset + member.byteCount)
            }
            if members.count > 1 { sparse.append(CSRTensor(desc, members: tensors.suffix(members.count))) }
        }
        self.tensors = tensors
        self.sparse = sparse
        payloadBytes = offset
    }

    package var index: Tensor { tensors[tensors.count - 1] }

    /// `count` rounded up to a multiple of 64: a cache line, and the alignment that vector loads want.
    package static func align(_ count: Int) -> Int { (count + 63) & ~63 }
}
