import DataTypes
import Testing

struct BudgetAndTokenTests {
    @Test("reservations stop at the client's and at the daemon's limit, and come back")
    func budget() throws {
        let budget = MemoryBudget(limitBytes: 100, limitBytesPerClient: 60)
        try budget.reserve(60, client: 1, arithmetic: "6 slabs of 10 bytes")
        let mine = #expect(throws: StreamError.self) { try budget.reserve(1, client: 1, arithmetic: "x") }
        #expect(mine?.code == .memoryLimit && mine?.isRetryable == true)
        try budget.reserve(40, client: 2, arithmetic: "y")
        let all = #expect(throws: StreamError.self) { try budget.reserve(1, client: 3, arithmetic: "1 slab of 1 byte") }
        #expect(all?.message.contains("1 slab of 1 byte") == true && all?.message.contains("100 of 100") == true)
        #expect(throws: StreamError.self) { try budget.reserve(.max, client: 3, arithmetic: "huge") }
        budget.release(60, client: 1)
        try budget.reserve(60, client: 3, arithmetic: "z")
        #expect(budget.usedBytes == 100)
    }

    @Test("caches stay within their own limit and within that of the memory they are part of")
    func caches() throws {
        let memory = MemoryBudget(limitBytes: 100, limitBytesPerClient: 100)
        let caches = CacheBudget(limitBytes: 50, of: memory)
        #expect(caches.take(51) == nil && caches.take(-1) == nil && caches.take(.max) == nil)
        var share = caches.take(50)
        #expect(share != nil && caches.take(1) == nil && memory.usedBytes == 50)
        #expect(throws: StreamError.self) { try memory.reserve(51, client: 1, arithmetic: "x") }
        try memory.reserve(50, client: 1, arithmetic: "y")
        share = nil
        #expect(caches.usedBytes == 0 && memory.usedBytes == 50)
        try memory.reserve(20, client: 1, arithmetic: "z")
        #expect(caches.take(31) == nil && caches.usedBytes == 0)
        share = caches.take(30)
        #expect(share != nil && memory.usedBytes == 100)
    }

    @Test(
        "a token survives the journey; anything else is none",
        arguments: [
            "", "hr1", "hr2.a.b.0.0", "hr1.a.b.0", "hr1.a.b.0.x", "hr1.a.b.-1.0", "hr1.a.b.0.0.0",
            "hr1.a.b.99999999999999999999.0",
        ])
    func token(bad: String) {
        let token = ResumeToken(manifestHash: "aa", specHash: "bb", address: BatchAddress(epoch: 3, step: 48213))
        #expect(ResumeToken(token.description) == token)
        #expect(ResumeToken(bad) == nil)
    }

    @Test("keyed draws repeat, differ by every part of the key, and are uniform")
    func keyedRandom() {
        func first(_ seed: Int64, _ epoch: UInt64, _ record: UInt64, _ lap: UInt64) -> UInt64 {
            var random = KeyedRandom(seed: seed, epoch: epoch, record: record, lap: lap)
            return random.next()
        }
        #expect(first(1, 2, 3, 4) == first(1, 2, 3, 4))
        #expect(
            Set([first(0, 0, 0, 0), first(1, 0, 0, 0), first(0, 1, 0, 0), first(0, 0, 1, 0), first(0, 0, 0, 1)]).count
                == 5)
        var sum: Float = 0
        var counts = [Int](repeating: 0, count: 7)
        for record in 0..<70_000 {
            var random = KeyedRandom(seed: 1, epoch: 0, record: UInt64(record))
            sum += random.unit()
            counts[random.integer(0, 6)] += 1
        }
        // Mean 0.5 ± 0.0011 and 10,000 ± 93 each: six standard deviations.
        #expect(abs(sum / 70_000 - 0.5) < 0.0066)
        #expect(counts.allSatisfy { abs($0 - 10_000) < 560 })
    }

    @Test("fingerprints are equal for equal sequences alone")
    func fingerprint() {
        func hex(_ words: [UInt64], _ text: String) -> String {
            var result = Fingerprint()
            for word in words { result.combine(word) }
            result.combine(text)
            return result.hex
        }
        #expect(hex([1, 2], "a") == hex([1, 2], "a"))
        #expect(hex([1, 2], "a").count == 32)
        #expect(
            Set([hex([], ""), hex([0], ""), hex([1, 2], ""), hex([2, 1], ""), hex([], "a"), hex([], "a\0")]).count == 6)
    }
}
