import Admin
import Testing

@testable import Tool

@Suite("headrace top") struct TopTableTests {
    /// A stream that has used that much.
    static func stream(
        _ id: UInt64, samples: UInt64 = 0, cpu: Double = 0, depth: Int = 0, waitingFor: String = "credit",
        waited: [String: Double] = [:]
    ) -> StreamReport {
        StreamReport(
            id: id, clientID: 1, dataset: "d\(id)", label: nil, iterator: "I", batchSize: 1, numParts: 1, partIndex: 0,
            records: 10, partRecords: 10, epoch: 0, step: 3, steps: 10, state: "streaming", isPaused: false,
            waitingFor: waitingFor, waitedSeconds: waited, openedSeconds: 1, credits: 1, queueDepth: depth,
            queueCapacity: 4, prefetchReason: "limited", memoryBytes: 0, batches: 0, samples: samples, badRecords: 0,
            readSeconds: 0, decodeSeconds: 0, augmentSeconds: 0, cpuSeconds: cpu, starvedSeconds: 0, idleSeconds: 0,
            cacheHits: 0, cacheMisses: 0, cacheBytes: 0, manifest: "m", spec: "s", warnings: [])
    }

    static func sample(_ seconds: Double, _ streams: [StreamReport], cpu: Double = 0) -> TopSample {
        let client = ClientReport(
            id: 1, peer: "unix", processID: 77, userID: 0, software: "s", state: "streaming", streamID: 1,
            connectedAtSeconds: 0, connectedSeconds: 0, receivedFrames: 0, sentFrames: 0, sentBytes: 0)
        let status = StatusReport(
            version: "1", state: .ready, processID: 1, startedAtSeconds: 0, uptimeSeconds: 0, listeners: [],
            configFile: nil, threads: 1, activeThreads: 1, storageWaitShare: 0, connections: 1, streams: streams.count,
            datasets: 0, memoryBytes: 0, memoryLimitBytes: 0, cpuSeconds: cpu, batchesSent: 0,
            samplesSent: streams.map(\.samples).reduce(0, +), sentBytes: 0, badRecords: 0)
        return TopSample(atSeconds: seconds, status: status, streams: streams, clients: [client])
    }

    static let old = sample(
        10, [stream(1, samples: 100, cpu: 1, waited: ["credit": 1, "decode": 5]), stream(2, samples: 0, cpu: 2)], cpu: 4
    )
    static let new = sample(
        12,
        [
            stream(1, samples: 140, cpu: 1.5, depth: 1, waited: ["credit": 1.5, "decode": 6]),
            stream(2, samples: 200, cpu: 2.1, depth: 4, waitingFor: "network", waited: [:]), stream(3),
        ], cpu: 5)

    @Test("rates are of the time between the two looks")
    func rates() {
        let table = TopTable(Self.new, since: Self.old, order: .stream)
        #expect(table.rows.map(\.stream.id) == [1, 2, 3])
        #expect(table.rows.map(\.samplesPerSecond) == [20, 100, 0])
        #expect(abs(table.rows[0].cpuShare - 0.25) < 1e-9)
        #expect(table.samplesPerSecond == 120 && table.cores == 0.5)
        #expect(table.rows[0].cause == "decode" && table.rows[0].causeShare == 0.5)
        #expect(table.rows[1].cause == "network" && table.rows[1].causeShare == 0)
        #expect(table.rows[0].client == "pid 77")
    }

    @Test(
        "rows are sorted by what was asked for",
        arguments: [
            (TopTable.Order.samples, [UInt64(2), 1, 3]), (.cpu, [1, 2, 3]), (.queue, [3, 1, 2]), (.waiting, [1, 2, 3]),
        ])
    func order(order: TopTable.Order, ids: [UInt64]) {
        #expect(TopTable(Self.new, since: Self.old, order: order).rows.map(\.stream.id) == ids)
    }

    @Test("the first look has no rates, and every order leads to another until all have been seen")
    func first() {
        let table = TopTable(Self.new, since: nil, order: .cpu)
        #expect(table.rows.allSatisfy { $0.samplesPerSecond == 0 && $0.cpuShare == 0 } && table.cores == 0)
        #expect(table.lines.count == 5)
        var seen: [TopTable.Order] = [.stream]
        while seen.count < TopTable.Order.allCases.count { seen.append(seen[seen.count - 1].next) }
        #expect(Set(seen).count == seen.count && seen[seen.count - 1].next == .stream)
    }

    @Test("a daemon that was started again has no rates at first, though it counts from the beginning")
    func restart() {
        var new = Self.new
        new.status.startedAtSeconds = 11
        new.status.samplesSent = 5
        let table = TopTable(new, since: Self.old, order: .samples)
        #expect(table.samplesPerSecond == 0 && table.rows.allSatisfy { $0.samplesPerSecond == 0 })
    }

    @Test("libraries are found among what a process has mapped")
    func libraries() {
        let maps = """
            7f r-xp 0 08:01 1 /usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0
            7f r--p 0 08:01 1 /usr/lib/x86_64-linux-gnu/libjpeg.so.62.3.0
            7f r-xp 0 08:01 1 /usr/lib/x86_64-linux-gnu/libz.so.1.2.13
            7f r-xp 0 08:01 1 /usr/lib/x86_64-linux-gnu/libc.so.6
            7f rw-p 0 00:00 0 [heap]
            """
        #expect(LibraryChecks.libraries(in: maps) == ["libjpeg.so.62.3.0", "libz.so.1.2.13"])
    }
}
