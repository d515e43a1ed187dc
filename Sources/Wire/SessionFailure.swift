/// Why a client's session cannot go on, or a wish cannot be granted.
package enum SessionFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The server ended the connection and said why.
    case server(ErrorMessage)
    /// What came is not this protocol.
    case framing(FrameError)
    /// What came is not allowed where it came.
    case violation(String)
    /// The connection ended, 0 bytes before the end of a frame when between two.
    case lost(missingBytes: UInt64, reason: String?)
    /// The state does not allow the wish.
    case notNow(String)

    package var description: String {
        switch self {
        case .server(let error): error.hint.isEmpty ? error.message : "\(error.message); \(error.hint)"
        case .framing(let error): "the server broke the protocol: \(error)"
        case .violation(let what): "the server broke the protocol: \(what)"
        case .lost(let missing, let reason):
            (missing > 0
                ? "the server closed the connection \(missing) bytes before the end of a message"
                : "the server closed the connection") + (reason.map { " (\($0))" } ?? "")
        case .notNow(let reason): reason
        }
    }
}
