import DataTypes

/// What one stream allows a set of decoded images to hold.
struct DecodedLimits: Hashable, Sendable {
    let memoryBytes: Int
    let diskBytes: Int

    init(memoryBytes: Int, diskBytes: Int) {
        self.memoryBytes = memoryBytes
        self.diskBytes = diskBytes
    }

    /// - Parameter values: checked against specs that include `specs`.
    init(_ values: ParameterValues) {
        self.init(memoryBytes: values.integer("cache"), diskBytes: values.integer("cache_disk"))
    }

    var isNone: Bool { memoryBytes == 0 && diskBytes == 0 }

    static let specs = [
        ParameterSpec(
            "cache", .byteCount(0...1 << 50), default: .integer(0),
            "Memory for decoded images, which later epochs and other streams over the same files need not decode again."
        ),
        ParameterSpec(
            "cache_disk", .byteCount(0...1 << 50), default: .integer(0),
            "Space in the daemon's cache_directory for decoded images that find no room in memory."),
    ]
}

extension DecodedSet {
    /// The largest of what all streams allow counts.
    func allow(_ limits: [DecodedLimits]) {
        limitBytes.store(limits.map(\.memoryBytes).max() ?? 0, ordering: .relaxed)
        diskLimitBytes.store(limits.map(\.diskBytes).max() ?? 0, ordering: .relaxed)
    }
}

extension DecodedCache {
    /// What a stream that asks for `limits` should know.
    func warnings(for limits: DecodedLimits) -> [String] {
        var warnings: [String] = []
        if limits.memoryBytes > limitBytes {
            warnings.append(
                "cache is \(ByteCount.text(limits.memoryBytes)), and all streams together may keep "
                    + "\(ByteCount.text(limitBytes)) of decoded images in memory (limits.cache)")
        }
        if limits.diskBytes > 0, store == nil {
            warnings.append("cache_disk has no effect: the daemon has no cache_directory")
        } else if let store, limits.diskBytes > store.limitBytes {
            warnings.append(
                "cache_disk is \(ByteCount.text(limits.diskBytes)), and all streams together may keep "
                    + "\(ByteCount.text(store.limitBytes)) of decoded images on disk (limits.cache_disk)")
        }
        return warnings
    }
}
