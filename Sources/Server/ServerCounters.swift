package import DataTypes

/// What the server has counted since it started. Nothing here goes back.
package struct ServerCounters: Sendable, Hashable {
    package var connectionsAccepted: UInt64 = 0
    /// Turned away at a limit or while draining.
    package var connectionsRefused: UInt64 = 0
    package var connectionsClosed: UInt64 = 0
    package var streamsOpened: UInt64 = 0
    package var streamsRefused: UInt64 = 0
    package var framesReceived: UInt64 = 0
    package var framesSent: UInt64 = 0
    package var batchesSent: UInt64 = 0
    /// Rows of the batches sent, padding not counted.
    package var samplesSent: UInt64 = 0
    /// Bytes accepted by sockets, frame headers included.
    package var sentBytes: UInt64 = 0
    /// ERROR frames sent, by code.
    package var errors: [StreamError.Code: UInt64] = [:]
    /// Bad records met, by `BadRecord.reason`.
    package var badRecords: [String: UInt64] = [:]
    /// Nanoseconds that streams waited, by cause; closed streams included.
    package var waitedNanoseconds: [WaitCause: UInt64] = [:]

    package init() {}
}
