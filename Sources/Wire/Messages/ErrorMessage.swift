package import DataTypes

/// ERROR: something failed, and how much of the session is over.
package struct ErrorMessage: Codable, Sendable, Hashable {
    package enum Scope: String, Codable, Sendable {
        /// Nothing but the request.
        case request
        /// The epoch; RESET, SEEK or CLOSE may follow.
        case stream
        /// The connection, which is closed behind this frame.
        case connection
    }

    /// One of the names in `StreamError.Code`; kept as text, because a newer peer may have others.
    package var code: String
    package var scope: Scope
    /// The same request may succeed later.
    package var isRetryable: Bool
    package var message: String
    /// What to do about it, or empty.
    package var hint: String

    enum CodingKeys: String, CodingKey {
        case code, scope, message, hint
        case isRetryable = "retryable"
    }

    package init(_ error: StreamError, scope: Scope) {
        code = error.code.rawValue
        self.scope = scope
        isRetryable = error.isRetryable
        message = WireLimits.shortened(error.message)
        hint = WireLimits.shortened(error.hint)
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        code = try values.decode(String.self, forKey: .code)
        scope = try values.decode(Scope.self, forKey: .scope)
        isRetryable = try values.decodeIfPresent(Bool.self, forKey: .isRetryable) ?? false
        message = try values.decode(String.self, forKey: .message)
        hint = try values.decodeIfPresent(String.self, forKey: .hint) ?? ""
    }
}
