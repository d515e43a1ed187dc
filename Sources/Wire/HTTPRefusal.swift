/// The answer to a peer that speaks HTTP to the data socket, which people do with `curl` and monitoring probes.
package enum HTTPRefusal {
    package static let response: String = {
        let body = "This is Headrace's data socket, which does not speak HTTP. The admin socket does.\n"
        return "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n" + body
    }()

    /// Whether a connection's first four bytes look like an HTTP request.
    package static func matches(_ bytes: [UInt8]) -> Bool {
        ["GET ", "POST", "HEAD", "PUT "].contains { Array($0.utf8) == bytes }
    }
}
