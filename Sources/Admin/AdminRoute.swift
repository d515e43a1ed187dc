/// One page, or one action, of the admin socket.
struct AdminRoute: Sendable {
    enum Method: String, Sendable {
        /// Reads. Answers HEAD too.
        case get = "GET"
        /// Acts, which takes an administrator.
        case post = "POST"
    }

    /// What an answer is made from.
    struct Call: Sendable {
        let control: any ControlPlane
        /// What stands in the place of `{…}` in the path.
        let argument: String
        let body: [UInt8]
    }

    let method: Method
    /// At most one part of it is a placeholder: `/v1/streams/{id}/stop`.
    let path: String
    let answer: @Sendable (Call) async -> AdminAnswer

    /// What stands in the placeholder's place ("" without one), or nil when `asked` is another path.
    func match(_ asked: String) -> String? {
        guard let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") else {
            return asked == path ? "" : nil
        }
        let (head, tail) = (path[..<open], path[path.index(after: close)...])
        guard asked.hasPrefix(head), asked.hasSuffix(tail), asked.utf8.count > head.utf8.count + tail.utf8.count
        else { return nil }
        let argument = asked.dropFirst(head.count).dropLast(tail.count)
        return argument.contains("/") ? nil : String(argument)
    }
}
