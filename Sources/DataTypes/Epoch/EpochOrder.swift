/// The order of one epoch's records: position in the pass → place among the part's records.
struct EpochOrder {
    private enum Kind {
        case sequential
        case shuffled(Permutation)
        case chunked(ChunkedOrder)
    }
    private let kind: Kind

    init(_ plan: EpochPlan, epoch: Int) {
        switch plan.order {
        case .sequential:
            kind = .sequential
        case .shuffled:
            kind = .shuffled(Permutation(count: plan.recordCount, seed: plan.seed, epoch: UInt64(epoch), purpose: 0))
        case .chunked(let records, let inside):
            kind = .chunked(
                ChunkedOrder(
                    count: plan.recordCount, chunk: records, inside: inside, seed: plan.seed,
                    chunkSeed: plan.chunkSeed, epoch: UInt64(epoch)))
        }
    }

    subscript(position: Int) -> Int {
        switch kind {
        case .sequential: position
        case .shuffled(let permutation): permutation[position]
        case .chunked(let order): order[position]
        }
    }
}

/// Chunks of neighbouring records in permuted order, so that a slow disk still reads long stretches.
struct ChunkedOrder {
    private let count: Int
    private let chunk: Int
    private let inside: Bool
    private let seed: Int64
    private let epoch: UInt64
    private let chunks: Permutation
    /// Where the last chunk, which alone may be short, stands in the permuted order.
    private let shortPosition: Int
    /// Records that the short chunk lacks.
    private let missing: Int

    init(count: Int, chunk: Int, inside: Bool, seed: Int64, chunkSeed: Int64, epoch: UInt64) {
        self.count = count
        self.chunk = max(chunk, 1)
        self.inside = inside
        self.seed = seed
        self.epoch = epoch
        let chunkCount = (count + self.chunk - 1) / self.chunk
        chunks = Permutation(count: chunkCount, seed: chunkSeed, epoch: epoch, purpose: 1)
        shortPosition = chunkCount > 0 ? chunks.position(of: chunkCount - 1) : 0
        missing = chunkCount * self.chunk - count
    }

    subscript(position: Int) -> Int {
        // Behind the short chunk everything has moved forward by what it lacks.
        let isBehind = position >= (shortPosition + 1) * chunk - missing
        let padded = isBehind ? position + missing : position
        let index = chunks[padded / chunk]
        let offset = padded % chunk
        guard inside else { return index * chunk + offset }
        let length = min(chunk, count - index * chunk)
        let order = Permutation(count: length, seed: seed, epoch: epoch, purpose: 2 &+ UInt64(index))
        return index * chunk + order[offset]
    }
}
