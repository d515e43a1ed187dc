import Admin
import Dispatch
import Synchronization

/// A byte that says what the asker may do, then a method, a path and a body with a space between. Every answer is one that
/// HTTP knows, strangers are refused, and only a POST of one who may act does anything.
enum AdminTarget {
    /// Where the answer of a task goes.
    private final class Reply: Sendable {
        let answer = Mutex<AdminAnswer?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }

    static func run(_ input: FuzzInput) {
        var input = input
        let access = [AdminAccess.none, .read, .act][Int(input.byte() % 3)]
        let text = String(decoding: input.remainder(), as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        let method = words.first ?? ""
        let path = words.count > 1 ? words[1] : ""
        let body = words.count > 2 ? Array(words[2].utf8) : []

        let control = IdleControlPlane()
        let pages = AdminPages(control: control)
        let reply = Reply()
        // libFuzzer calls from C, which cannot suspend.
        Task.detached {
            let answer = await pages.answer(method: method, path: path, body: body, access: access)
            reply.answer.withLock { $0 = answer }
            reply.isThere.signal()
        }
        reply.isThere.wait()
        guard let answer = reply.answer.withLock({ $0 }) else { return }
        expect(access > .none || answer.status == 403, "a stranger gets \(answer.status)")
        expect([200, 202, 400, 403, 404, 405, 422, 503].contains(answer.status), "the status is \(answer.status)")
        expect((1..<1 << 16).contains(answer.body.utf8.count), "the answer has \(answer.body.utf8.count) bytes")
        expect(control.actions.load(ordering: .relaxed) == 0 || (access == .act && method == "POST"), "\(text) acts")
    }
}
