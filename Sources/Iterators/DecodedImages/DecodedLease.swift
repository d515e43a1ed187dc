import DataTypes

/// A stream's use of a set of decoded images. When it goes, the set may be emptied for others.
final class DecodedLease: Sendable {
    private let images: DecodedSet
    private let limits: DecodedLimits
    private let cache: DecodedCache

    init(set: DecodedSet, limits: DecodedLimits, cache: DecodedCache) {
        images = set
        self.limits = limits
        self.cache = cache
    }

    deinit { cache.giveBack(images, limits: limits) }

    /// Bytes that the set holds in memory.
    var usedBytes: Int { images.usedBytes }

    func image(at place: DecodedSet.Place) -> DecodedImage? { images.image(at: place) }

    func insert(_ image: DecodedImage, at place: DecodedSet.Place) { images.insert(image, at: place) }

    func remove(_ image: DecodedImage, at place: DecodedSet.Place) { images.remove(image, at: place) }

    /// Room for an image of `bytes`, and where to write its pixels unless that is in memory; nil: it is decoded again every
    /// time.
    func room(_ bytes: Int) -> (room: DecodedImage.Room, store: DecodedStore?)? {
        if let room = images.room(bytes, take: { cache.take($0) }) { return (room, nil) }
        guard let store = cache.store, let room = images.diskRoom(bytes, take: { cache.takeFromDisk($0) }) else {
            return nil
        }
        return (room, store)
    }
}
