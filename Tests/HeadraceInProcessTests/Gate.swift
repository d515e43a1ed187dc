/// Lets through as many as it was opened for; who comes before that waits.
actor Gate {
    private var permits = 0
    private var guests: [CheckedContinuation<Void, any Error>] = []
    private var watchers: [CheckedContinuation<Void, Never>] = []
    private var cancelledGuests = 0
    private var cancelWatchers: [CheckedContinuation<Void, Never>] = []

    /// Waits for a permit and takes it.
    func pass() async throws {
        guard permits == 0 else {
            permits -= 1
            return
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { guest in
                guests.append(guest)
                for watcher in watchers { watcher.resume() }
                watchers = []
            }
        } onCancel: {
            Task { await self.sendAway() }
        }
    }

    /// Lets `count` more through.
    func open(_ count: Int = 1) {
        permits += count
        while permits > 0, !guests.isEmpty {
            permits -= 1
            guests.removeFirst().resume()
        }
    }

    /// Returns when somebody waits at the gate.
    func waitForGuest() async {
        guard guests.isEmpty else { return }
        await withCheckedContinuation { watchers.append($0) }
    }

    /// Returns when somebody who waited has been cancelled.
    func waitForCancelledGuest() async {
        guard cancelledGuests == 0 else { return }
        await withCheckedContinuation { cancelWatchers.append($0) }
    }

    private func sendAway() {
        for guest in guests { guest.resume(throwing: CancellationError()) }
        cancelledGuests += guests.count
        guests = []
        for watcher in cancelWatchers { watcher.resume() }
        cancelWatchers = []
    }
}
