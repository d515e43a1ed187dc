import Testing

@testable import Tool

@Suite("Python's shuffling")
struct MersenneTwisterTests {
    /// Made by CPython 3.11: `random.seed(seed); random.shuffle(items)`.
    @Test(
        "lists are shuffled as Python shuffles them",
        arguments: [
            (0, [7, 8, 1, 5, 3, 4, 2, 0, 9, 6]),
            (100, [0, 4, 7, 5, 1, 6, 3, 2]),
            (100, [4, 0, 5, 8, 6, 1, 3, 7, 2]),
            (1, [0]),
            (1, []),
            (1_099_511_627_781, [3, 5, 2, 9, 6, 7, 1, 10, 0, 4, 11, 8]),
            (.max, [1, 8, 6, 9, 2, 11, 4, 7, 10, 5, 3, 0]),
        ] as [(UInt64, [Int])])
    func shuffled(seed: UInt64, expected: [Int]) {
        var items = Array(expected.indices)
        var random = MersenneTwister(seed: seed)
        random.shuffle(&items)
        #expect(items == expected)
    }

    @Test("a long list too, which takes several fillings of the state")
    func long() {
        var items = Array(0..<5000)
        var random = MersenneTwister(seed: 100)
        random.shuffle(&items)
        #expect(Array(items.prefix(6)) == [1536, 2470, 69, 2799, 1889, 3908])
        #expect(items.enumerated().reduce(0) { $0 + $1.offset * $1.element } == 30_983_830_125)
    }
}
