/// Where a rewritten JPEG has restart markers: places at which a decoder can begin without having read what is above.
package enum JPEGRestarts: Sendable, Equatable {
    case none
    /// In front of every so many rows of MCUs.
    case rows(Int)
    /// About every so many bytes, also within rows, so that columns beside a window are passed over too.
    case bytes(Int)
}
