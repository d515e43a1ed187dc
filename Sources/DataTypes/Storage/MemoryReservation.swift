/// Something taken from a budget, given back when the last reference goes.
package final class MemoryReservation: Sendable {
    private let release: @Sendable () -> Void

    package init(release: @escaping @Sendable () -> Void) { self.release = release }

    deinit { release() }
}
