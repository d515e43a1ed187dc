import Foundation

/// A fresh directory with a short path, as Unix sockets need it; gone with its last reference.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = "/tmp/headrace-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
