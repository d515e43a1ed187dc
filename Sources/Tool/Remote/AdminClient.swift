import Foundation

/// Asks the daemon's admin socket. One connection a question; the answer ends with the connection.
struct AdminClient {
    let socketPath: String

    /// Where the admin socket is when nobody says.
    static var defaultSocketPath: String {
        ProcessInfo.processInfo.environment["HEADRACE_ADMIN"] ?? "/run/headrace/admin.sock"
    }

    func get<T: Decodable>(_ path: String, as type: T.Type) throws -> T {
        try JSONDecoder().decode(type, from: Data(try body(path)))
    }

    /// A list of `GET path`, which stands in an object under `name`.
    func list<T: Decodable>(_ path: String, _ name: String, of type: T.Type) throws -> [T] {
        guard let items = try get(path, as: [String: [T]].self)[name] else {
            throw ToolError(
                "GET \(path): there is no '\(name)' in the answer; are headrace and headraced of one version?")
        }
        return items
    }

    /// The body of `GET path`.
    func body(_ path: String) throws -> [UInt8] { try ask("GET", path, []) }

    /// Acts.
    @discardableResult
    func post(_ path: String, _ body: String = "") throws -> [UInt8] { try ask("POST", path, Array(body.utf8)) }

    private func ask(_ method: String, _ path: String, _ sent: [UInt8]) throws -> [UInt8] {
        let descriptor = try connect()
        defer { close(descriptor) }
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: headrace\r\nConnection: close\r\n"
            + (method == "POST" ? "Content-Type: application/json\r\nContent-Length: \(sent.count)\r\n" : "") + "\r\n"
        let request = Array(head.utf8) + sent
        // A request of a few hundred bytes always fits an empty socket buffer.
        guard unsafe send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw failure("send to")
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { break }
            guard count > 0 else { throw failure("read from") }
            answer += buffer[..<count]
            guard answer.count < 64 << 20 else { throw ToolError("the answer of '\(socketPath)' does not end") }
        }
        let mark = Array("\r\n\r\n".utf8)
        guard let end = answer.indices.first(where: { answer[$0...].starts(with: mark) }) else {
            throw ToolError("'\(socketPath)' does not speak HTTP; is it the admin socket?")
        }
        let status = String(decoding: answer[..<end], as: UTF8.self).split(separator: " ").dropFirst().first ?? ""
        let body = Array(answer[(end + 4)...])
        guard status.hasPrefix("2") else { throw refusal(method, path, String(status), body) }
        return body
    }

    /// What the daemon said of a request that it did not do.
    private func refusal(_ method: String, _ path: String, _ status: String, _ body: [UInt8]) -> AdminFailure {
        struct Details: Decodable {
            var detail: String
            var problems: [String]?
        }
        guard let details = try? JSONDecoder().decode(Details.self, from: Data(body)) else {
            return AdminFailure(.failed, "\(method) \(path): status \(status)")
        }
        let text = ([details.detail] + (details.problems ?? [])).joined(separator: "\n")
        return AdminFailure(status == "403" ? .forbidden : .failed, text)
    }

    private func connect() throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(socketPath.utf8)
        guard path.count < 108 else { throw ToolError("'\(socketPath)' is too long for a socket path (107 bytes)") }
        // The path fits with its final zero; `address` was zero before.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw failure("make a socket for") }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let error = failure("connect to")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func failure(_ operation: String) -> AdminFailure {
        let code = errno
        // The text is a constant of the C library.
        let reason = unsafe String(cString: strerror(code))
        let hint =
            switch code {
            case ENOENT, ECONNREFUSED: "; is headraced running? Give its socket with --socket"
            case EACCES:
                "; only those whom 'admin.mode' lets in, or the members of 'admin.group' and 'admin.readers', may"
            default: ""
            }
        return AdminFailure(
            code == EACCES ? .forbidden : .unreachable, "cannot \(operation) '\(socketPath)': \(reason)\(hint)")
    }
}
