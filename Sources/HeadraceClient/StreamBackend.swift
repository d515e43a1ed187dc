package import Wire

/// What stands behind a `HeadraceStream`: a connection, or the pipeline itself in this process. Every method is for one task
/// at a time; all throw `HeadraceError`.
package protocol StreamBackend: Sendable {
    /// The next batch, or nil at the end of the epoch.
    func next() async throws -> HeadraceBatch?
    func reset() async throws -> PositionMessage
    func seek(_ message: SeekMessage) async throws -> PositionMessage
    func state() async throws -> StateMessage
    /// Ends the stream.
    func close() async throws
}
