/// What a session has done since it last told the registry.
struct SessionCounts {
    var receivedFrames: UInt64 = 0
    var sentFrames: UInt64 = 0
    var sentBytes: UInt64 = 0
    var batches: UInt64 = 0
    var samples: UInt64 = 0

    var isZero: Bool { receivedFrames == 0 && sentFrames == 0 && sentBytes == 0 && batches == 0 }

    func add(to entry: inout SessionEntry, _ counters: inout ServerCounters) {
        entry.receivedFrames += receivedFrames
        entry.sentFrames += sentFrames
        entry.sentBytes += sentBytes
        counters.framesReceived += receivedFrames
        counters.framesSent += sentFrames
        counters.sentBytes += sentBytes
        counters.batchesSent += batches
        counters.samplesSent += samples
    }
}
