internal import Wire

/// The stream of a connection. The server answers every request of it.
struct ConnectedStream: StreamBackend {
    let connection: ClientConnection

    func next() async throws -> HeadraceBatch? { try await connection.next() }

    func reset() async throws -> PositionMessage {
        try await move { (machine) throws(SessionFailure) in try machine.reset() }
    }

    func seek(_ message: SeekMessage) async throws -> PositionMessage {
        try await move { (machine) throws(SessionFailure) in try machine.seek(message) }
    }

    private func move(
        _ wish: @escaping @Sendable (inout ClientSessionMachine) throws(SessionFailure) -> [ClientSessionMachine.Action]
    ) async throws -> PositionMessage {
        let answer = try await connection.request(deadline: connection.options.requestTimeout, wish)
        guard case .moved(let position) = answer else { throw ClientConnection.mismatch }
        return position
    }

    func state() async throws -> StateMessage {
        let answer = try await connection.request(deadline: connection.options.requestTimeout) {
            (machine) throws(SessionFailure) in try machine.askState()
        }
        guard case .state(let state) = answer else { throw ClientConnection.mismatch }
        return state
    }

    func close() async throws {
        _ = try await connection.request(deadline: connection.options.requestTimeout) {
            (machine) throws(SessionFailure) in try machine.closeStream()
        }
    }
}
