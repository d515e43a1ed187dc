internal import NIOCore

/// A promise that fails by itself at a deadline. Confined to its event loop.
final class Waiter<Value: Sendable> {
    private let promise: EventLoopPromise<Value>
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - error: what the promise fails with at the deadline.
    ///   - onTimeout: called on the event loop behind that.
    init(
        _ eventLoop: any EventLoop, deadline: Duration, error: @escaping @Sendable () -> HeadraceError,
        onTimeout: @escaping (HeadraceError) -> Void
    ) {
        promise = eventLoop.makePromise(of: Value.self)
        timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(deadline)) { [promise] in
            let error = error()
            onTimeout(error)
            promise.fail(error)
        }
    }

    var future: EventLoopFuture<Value> { promise.futureResult }

    func succeed(_ value: Value) {
        timer?.cancel()
        promise.succeed(value)
    }

    func fail(_ error: any Error) {
        timer?.cancel()
        promise.fail(error)
    }

    func complete<Failure: Error>(_ result: Result<Value, Failure>) {
        timer?.cancel()
        promise.completeWith(result.mapError { $0 as any Error })
    }
}
