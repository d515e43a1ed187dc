/// Where a batch stands in a run. With the manifest, the spec and the seed it determines every byte of the batch.
package struct BatchAddress: Sendable, Hashable, Comparable {
    /// Counts from 0; grows by one at every reset.
    package var epoch: Int
    /// Counts from 0 within the epoch.
    package var step: Int

    package init(epoch: Int, step: Int) {
        self.epoch = epoch
        self.step = step
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.epoch, left.step) < (right.epoch, right.step)
    }
}
