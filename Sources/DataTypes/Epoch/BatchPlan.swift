/// What goes into one batch. Arithmetic only: no data has been touched.
package struct BatchPlan: Sendable, Hashable {
    package var address: BatchAddress
    /// Batches of the epoch.
    package var stepCount: Int
    /// One entry a row; nil for a row that stays zero.
    package var slots: [Slot?]
    /// Rows at the end that are not data of this epoch.
    package var pad: Int

    package init(address: BatchAddress, stepCount: Int, slots: [Slot?], pad: Int) {
        self.address = address
        self.stepCount = stepCount
        self.slots = slots
        self.pad = pad
    }
}
