package import DataTypes

/// One stream at one moment.
package struct StreamSnapshot: Sendable {
    /// Unique in this daemon's life.
    package var id: UInt64
    package var clientID: UInt64
    /// The data set of the configuration it was opened by, or nil.
    package var dataset: String?
    /// The client's name for it, or nil.
    package var label: String?
    package var info: StreamInfo
    package var statistics: StreamStatistics
    /// The address of the batch that comes next.
    package var position: BatchAddress
    /// Batches of the position's epoch.
    package var stepCount: Int
    /// Batches granted and not yet sent.
    package var credits: Int
    /// By an administrator.
    package var isPaused: Bool
    package var state: SessionState
    package var waitingFor: WaitCause
    /// Seconds that it has waited for each cause, since it was opened.
    package var waitedSeconds: [WaitCause: Double]
    package var openedSeconds: Double
}
