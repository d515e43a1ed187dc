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
        /// Bytes that one sample takes: the tensor's bytes over the batch size. The batch axis is the first.
        package var sampleBytes: Int
    }

    package let batchSize: Int
    /// Room for the descriptor table, a multiple of 64.
    package let headerBytes: Int
    package let tensors: [Tensor]
    /// Bytes of the whole, a multiple of 64.
    package let payloadBytes: Int

    /// - Parameters:
    ///   - data, label: batch axis first, all with the same batch size.
    ///   - batchSize: rows of every tensor. An `index` tensor of that many `uint64` is added behind them.
    /// - Precondition: extents are positive and the sum fits an `Int`; iterators check that before.
    package init(data: [DataDesc], label: [DataDesc], batchSize: Int) {
        let index = DataDesc(name: "index", shape: [batchSize], elementType: .uint64, layout: "N")
        let all = data.map { (Role.data, $0) } + label.map { (Role.label, $0) } + [(Role.index, index)]
        self.batchSize = batchSize
        // 256 bytes a tensor and its gap beside the names (six bytes a byte when all of them must be escaped), 1,024
        // for the batch's own facts: more than the longest table takes.
        let names = all.reduce(0) { $0 + 6 * $1.1.name.utf8.count + 24 * $1.1.shape.count }
        headerBytes = Self.align(1024 + 320 * all.count + names)
        var offset = headerBytes
        var tensors: [Tensor] = []
        for (role, desc) in all {
            tensors.append(Tensor(role: role, desc: desc, offset: offset, sampleBytes: desc.byteCount / batchSize))
            offset = Self.align(offset + desc.byteCount)
        }
        self.tensors = tensors
        payloadBytes = offset
    }

    package var index: Tensor { tensors[tensors.count - 1] }

    /// `count` rounded up to a multiple of 64: a cache line, and the alignment that vector loads want.
    package static func align(_ count: Int) -> Int { (count + 63) & ~63 }
}
