/// What the admin socket answers: a function of method, path and body, without any I/O.
package struct AdminPages: Sendable {
    private let control: any ControlPlane

    package init(control: any ControlPlane) { self.control = control }

    /// - Parameters:
    ///   - path: without the query.
    ///   - access: what the asker may do.
    package func answer(
        method: String, path: String, body: [UInt8] = [], access: AdminAccess
    ) async -> AdminAnswer {
        // Strangers learn nothing, not even what there is.
        guard access > .none else {
            return .problem(
                403, "only members of the groups that 'admin.group' and 'admin.readers' name may use this socket")
        }
        let routes = AdminRoute.all.filter { $0.match(path) != nil }
        guard !routes.isEmpty else {
            return .problem(404, "there is no page '\(path.prefix(200))'; '/' lists those there are")
        }
        guard let route = routes.first(where: { $0.method.rawValue == (method == "HEAD" ? "GET" : method) }) else {
            let allowed = routes.map { $0.method == .get ? "GET, HEAD" : "POST" }.joined(separator: ", ")
            var refusal = AdminAnswer.problem(405, "this takes \(allowed)")
            refusal.allow = allowed
            return refusal
        }
        guard route.method == .get || access >= .act else {
            return .problem(
                403,
                "you may read and not act: that takes the admin socket and, where 'admin.group' is set, to be in that "
                    + "group")
        }
        return await route.answer(
            AdminRoute.Call(control: control, argument: route.match(path) ?? "", body: body))
    }
}
