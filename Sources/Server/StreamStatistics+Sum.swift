import DataTypes

extension StreamStatistics {
    /// Adds what another stream has done. What it holds, its queue and its memory, counts only while it is open.
    mutating func add(_ other: StreamStatistics, isOpen: Bool = false) {
        batches += other.batches
        samples += other.samples
        badRecords += other.badRecords
        readNanoseconds += other.readNanoseconds
        decodeNanoseconds += other.decodeNanoseconds
        augmentNanoseconds += other.augmentNanoseconds
        cacheHits += other.cacheHits
        cacheMisses += other.cacheMisses
        cpuNanoseconds += other.cpuNanoseconds
        starvedNanoseconds += other.starvedNanoseconds
        storageNanoseconds += other.storageNanoseconds
        idleNanoseconds += other.idleNanoseconds
        guard isOpen else { return }
        queueDepth += other.queueDepth
        queueCapacity += other.queueCapacity
        memoryBytes += other.memoryBytes
    }
}
