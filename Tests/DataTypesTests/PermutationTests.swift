import DataTypes
import Testing

struct PermutationTests {
    @Test(
        "every value comes once, and the inverse finds it",
        arguments: [0, 1, 2, 3, 4, 5, 7, 16, 17, 100, 1023, 1025, 4097])
    func isBijection(count: Int) {
        let permutation = Permutation(count: count, seed: 7, epoch: 3, purpose: 0)
        let values = (0..<count).map { permutation[$0] }
        #expect(Set(values) == Set(0..<count))
        for (position, value) in values.enumerated() { #expect(permutation.position(of: value) == position) }
    }

    @Test("seed, epoch and purpose each give another order")
    func keysMatter() {
        func order(_ seed: Int64, _ epoch: UInt64, _ purpose: UInt64) -> [Int] {
            let permutation = Permutation(count: 1000, seed: seed, epoch: epoch, purpose: purpose)
            return (0..<1000).map { permutation[$0] }
        }
        let orders = [order(0, 0, 0), order(1, 0, 0), order(0, 1, 0), order(0, 0, 1), order(-1, 0, 0)]
        #expect(Set(orders).count == orders.count)
        #expect(order(5, 2, 1) == order(5, 2, 1))
    }

    @Test("small permutations take every order about equally often")
    func isFairInTheSmall() {
        var counts: [[Int]: Int] = [:]
        for seed in 0..<6000 {
            let permutation = Permutation(count: 3, seed: Int64(seed), epoch: 0, purpose: 0)
            counts[(0..<3).map { permutation[$0] }, default: 0] += 1
        }
        // Six orders, 1,000 each expected, standard deviation 29: five of them on either side.
        #expect(counts.count == 6)
        for (order, count) in counts { #expect((850...1150).contains(count), "\(order) came \(count) times") }
    }

    @Test("a billion records cost no more than three")
    func isRandomAccess() {
        let permutation = Permutation(count: 1_000_000_000, seed: 1, epoch: 1, purpose: 0)
        for position in [0, 1, 499_999_999, 999_999_999] {
            #expect(permutation.position(of: permutation[position]) == position)
        }
    }
}
