import DataTypes
import RecordIO
import Synchronization

/// The images of one data set that are kept, decoded in one way. Shared by all streams that read the data so.
///
/// First come stays: while a stream is open nothing is taken out, so that a data set larger than its room gives the same
/// share of hits in every epoch. Taking out the least recently used would give none at all, because an epoch comes to
/// every image once before it comes to any again.
final class DecodedSet: Sendable {
    /// What makes images of two streams the same.
    struct Key: Hashable, Sendable {
        let files: [FileIdentity]
        let form: DecodedForm
    }

    /// Where a record lies: the file's place in the key, and the offset.
    struct Place: Hashable, Sendable {
        let file: Int
        let offset: UInt64
    }

    /// Images in a few dozen tables, so that workers seldom meet at one lock.
    private final class Shard: Sendable {
        let images = Mutex<[Place: DecodedImage]>([:])
    }

    let key: Key
    /// Streams may hold so much here together: the largest that one of them asked for.
    let limitBytes = Atomic(0)
    /// The same on disk.
    let diskLimitBytes = Atomic(0)
    private let counter = DecodedImage.Counter()
    private let diskCounter = DecodedImage.Counter()
    private let shards = (0..<64).map { _ in Shard() }

    init(key: Key) { self.key = key }

    /// Bytes that its images hold in memory.
    var usedBytes: Int { counter.bytes.load(ordering: .relaxed) }
    /// Bytes that its images hold on disk.
    var usedDiskBytes: Int { diskCounter.bytes.load(ordering: .relaxed) }

    func image(at place: Place) -> DecodedImage? { shard(of: place).images.withLock { $0[place] } }

    /// Keeps an image, unless another worker was first.
    func insert(_ image: DecodedImage, at place: Place) {
        shard(of: place).images.withLock { images in
            if images[place] == nil { images[place] = image }
        }
    }

    /// Lets go of an image that cannot be read any more.
    func remove(_ image: DecodedImage, at place: Place) {
        shard(of: place).images.withLock { images in
            if images[place] === image { images[place] = nil }
        }
    }

    /// Room for one more image in memory, or nil when the set is full.
    ///
    /// - Parameter take: a share of the memory of all sets.
    func room(_ bytes: Int, take: (Int) -> CacheBudget.Share?) -> DecodedImage.Room? {
        Self.room(bytes, counter, limitBytes, take)
    }

    /// The same on disk.
    func diskRoom(_ bytes: Int, take: (Int) -> CacheBudget.Share?) -> DecodedImage.Room? {
        Self.room(bytes, diskCounter, diskLimitBytes, take)
    }

    private static func room(
        _ bytes: Int, _ counter: DecodedImage.Counter, _ limitBytes: borrowing Atomic<Int>,
        _ take: (Int) -> CacheBudget.Share?
    ) -> DecodedImage.Room? {
        let used = counter.bytes.add(bytes, ordering: .relaxed).newValue
        guard used <= limitBytes.load(ordering: .relaxed), let share = take(bytes) else {
            counter.bytes.subtract(bytes, ordering: .relaxed)
            return nil
        }
        return DecodedImage.Room(share, bytes: bytes, countedIn: counter)
    }

    /// Lets images go, those on disk too, until `isEnough`. Only while no stream has the set.
    ///
    /// - Returns: true when none is left.
    func evict(until isEnough: () -> Bool) -> Bool {
        for shard in shards {
            if isEnough() { return false }
            shard.images.withLock { $0 = [:] }
        }
        return true
    }

    private func shard(of place: Place) -> Shard {
        // Offsets are multiples of four and seldom of much more, but neighbours must not fall together.
        let mixed = (place.offset &+ UInt64(truncatingIfNeeded: place.file)) &* 0x9E37_79B9_7F4A_7C15
        return shards[Int(mixed >> 58)]
    }
}
