internal import Glibc

/// Why a file descriptor could not be passed, or is not what was agreed on.
package enum DescriptorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A system call failed; `code` is errno.
    case system(operation: String, code: Int32)
    /// The peer has closed the channel.
    case closed
    /// The message has another number of descriptors than one.
    case wrongCount(Int)
    case badTag
    /// No memory file at all.
    case notMemory
    /// The names of the seals that it lacks.
    case notSealed(missing: [String])
    case tooShort(byteCount: Int, needed: Int)
    case hasHoles(allocatedBytes: Int, needed: Int)

    package var description: String {
        switch self {
        case .system(let operation, let code): "cannot \(operation): \(unsafe String(cString: strerror(code)))"
        case .closed: "the side channel is closed"
        case .wrongCount(let count): "the message has \(count) descriptors instead of one"
        case .badTag: "the message's text is not 1 to \(DescriptorChannel.maximumTagBytes) bytes of UTF-8"
        case .notMemory: "it is no memory file"
        case .notSealed(let missing): "it lacks the seals \(missing.joined(separator: ", "))"
        case .tooShort(let count, let needed): "it has \(count) bytes; \(needed) are needed"
        case .hasHoles(let allocated, let needed):
            "only \(allocated) bytes of its \(needed) have been written; a hole cannot be served"
        }
    }
}
