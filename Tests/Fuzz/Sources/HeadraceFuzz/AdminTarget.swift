import Admin
import Dispatch
import Synchronization

/// A byte that says whether the listener may act, then a method, a space and a path. Every answer is one that HTTP knows, and
/// only a POST where it is allowed does anything.
enum AdminTarget {
    /// Where the answer of a task goes.
    private final class Reply: Sendable {
        let answer = Mutex<AdminPages.Answer?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }

    static func run(_ input: FuzzInput) {
        var input = input
        let allowsControl = input.byte() & 1 != 0
        let text = String(decoding: input.remainder(), as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let method = words.first ?? ""
        let path = words.count > 1 ? words[1] : ""

        let control = IdleControlPlane()
        let pages = AdminPages(control: control, allowsControl: allowsControl)
        let reply = Reply()
        // libFuzzer calls from C, which cannot suspend.
        Task.detached {
            let answer = await pages.answer(method: method, path: path)
            reply.answer.withLock { $0 = answer }
            reply.isThere.signal()
        }
        reply.isThere.wait()
        guard let answer = reply.answer.withLock({ $0 }) else { return }
        expect([200, 202, 403, 404, 405, 422, 503].contains(answer.status), "the status is \(answer.status)")
        expect((1..<1 << 16).contains(answer.body.utf8.count), "the answer has \(answer.body.utf8.count) bytes")
        expect(control.actions.load(ordering: .relaxed) == 0 || (allowsControl && method == "POST"), "\(text) acts")
    }
}
