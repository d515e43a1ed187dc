package import DataTypes
internal import Wire

/// Why a call failed: a code for programs, a message and a hint for people.
public struct HeadraceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is. An open set: a newer server may send others.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The name that travels on the wire, or that this client gives.
        public var rawValue: String

        /// Any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A deadline of this client passed.
        public static let timeout = Code(rawValue: "timeout")
        /// No connection could be made.
        public static let cannotConnect = Code(rawValue: "cannot_connect")
        /// The connection ended although it should not.
        public static let connectionLost = Code(rawValue: "connection_lost")
        /// What the server sent is not the protocol.
        public static let badFrame = Code(rawValue: "bad_frame")
        /// The call cannot be made now: another one is under way, or the stream is closed.
        public static let notNow = Code(rawValue: "not_now")
        /// An endpoint, option or value that cannot be used.
        public static let badRequest = Code(rawValue: "bad_request")
        /// The server wants a token that this client has not shown, or the token does not allow this.
        public static let forbidden = Code(rawValue: "forbidden")
        /// There is no TLS with this server: a certificate that one side does not trust, or a file that cannot be used.
        public static let tls = Code(rawValue: "tls")
        /// A parameter that the iterator does not have or take.
        public static let badParameter = Code(rawValue: "bad_parameter")
        /// The server has no data set of that name.
        public static let unknownDataset = Code(rawValue: "unknown_dataset")
        /// The server has no iterator of that name.
        public static let unknownIterator = Code(rawValue: "unknown_iterator")
        /// A record that cannot be delivered, under `on_bad_record="error"`.
        public static let badRecord = Code(rawValue: "bad_record")
        /// Data that cannot be served, or that does not go together.
        public static let badData = Code(rawValue: "bad_data")
        /// A token of other data or another spec.
        public static let stateMismatch = Code(rawValue: "state_mismatch")
        /// The server is going down.
        public static let draining = Code(rawValue: "draining")
        /// An administrator has ended the stream or the connection.
        public static let stopped = Code(rawValue: "stopped")
    }

    /// What kind of failure it is.
    public var code: Code
    /// What went wrong, where, and what it was waiting for.
    public var message: String
    /// What to do about it, or empty.
    public var hint: String
    /// The same call may succeed later.
    public var isRetryable: Bool

    init(_ code: Code, _ message: String, hint: String = "", isRetryable: Bool = false) {
        self.code = code
        self.message = message
        self.hint = hint
        self.isRetryable = isRetryable
    }

    init(_ error: ErrorMessage) {
        self.init(Code(rawValue: error.code), error.message, hint: error.hint, isRetryable: error.isRetryable)
    }

    package init(_ error: StreamError) { self.init(ErrorMessage(error, scope: .stream)) }

    init(_ failure: SessionFailure) {
        switch failure {
        case .server(let error): self.init(error)
        case .framing, .violation: self.init(.badFrame, "\(failure)")
        case .lost:
            self.init(
                .connectionLost, "\(failure)", hint: "connect again and open the stream at its token", isRetryable: true
            )
        case .notNow(let reason): self.init(.notNow, reason)
        }
    }

    /// Code, message and hint in one line.
    public var description: String { "\(message)\(hint.isEmpty ? "" : "; \(hint)") [\(code.rawValue)]" }
}
