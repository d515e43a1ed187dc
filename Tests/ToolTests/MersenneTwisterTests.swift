import Testing

@testable import Tool

@Suite("Python's shuffling")
struct MersenneTwisterTests {
    @Test(
        "lists are shuffled as CPython 3.11 shuffles them",
        arguments: [
            (100, 8, [0, 4, 7, 5, 1, 6, 3, 2]),
        ] as [(UInt64, Int, [Int])])
    func shuffled(seed: UInt64, count: Int, expected: [Int]) {
        var items = Array(0..<count)
        var random = MersenneTwister(seed: seed)
        random.shuffle(&items)
        #expect(items == expected)
    }
}
