import Glibc

/// What is mapped into this process.
package enum ProcessMaps {
    /// Mappings of the memory file of this name.
    package static func count(ofMemoryFile name: String) -> Int {
        text().split(separator: "\n").count { $0.contains("/memfd:\(name) ") }
    }

    /// Whether the memory file of this name is mapped at an address.
    package static func isMemoryFile(_ name: String, at address: UInt) -> Bool {
        text().split(separator: "\n").contains { line in
            let bounds = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
            return bounds.count == 2 && (bounds[0]..<bounds[1]).contains(address) && line.contains("/memfd:\(name) ")
        }
    }

    /// The kernel gives the list in pieces, of which Foundation takes the first for the whole.
    private static func text() -> String {
        // A path for the length of the call.
        let file = unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            // As many bytes as the array has.
            let count = unsafe read(file, &piece, piece.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += piece[..<count]
        }
    }
}
