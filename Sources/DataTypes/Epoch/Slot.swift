/// One row of a batch: which record goes there, and what its random numbers are keyed by.
package struct Slot: Sendable, Hashable {
    /// The record's ordinal in the manifest.
    package var ordinal: Int
    package var epoch: Int
    /// 0 for data of the epoch; for filling, how often the data had been gone through before.
    package var lap: Int
    /// Counted in `pad`.
    package var isPadding: Bool

    package init(ordinal: Int, epoch: Int, lap: Int, isPadding: Bool) {
        self.ordinal = ordinal
        self.epoch = epoch
        self.lap = lap
        self.isPadding = isPadding
    }
}
