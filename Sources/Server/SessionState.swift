/// Where a session stands, named for status pages.
package enum SessionState: String, Sendable, CaseIterable {
    case connected, greeted, opening, streaming, ended, failed
    /// Nothing more is sent; the last bytes are under way.
    case closing
}
