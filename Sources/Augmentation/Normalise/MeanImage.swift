/// A mean for every value of a sample, subtracted instead of a mean per channel.
package struct MeanImage: Sendable, Hashable {
    package let channels: Int
    package let height: Int
    package let width: Int
    /// CHW, red first, in pixel values.
    package let values: [Float]

    package init(channels: Int, height: Int, width: Int, values: [Float]) {
        precondition(values.count == channels * height * width)
        self.channels = channels
        self.height = height
        self.width = width
        self.values = values
    }

    /// The mean of samples added one by one.
    ///
    /// Sums in `Float` in the order of addition, as MXNet 1.9.1 `src/io/iter_normalize.h` does.
    package struct Accumulator {
        private var sums: [Float]
        private var count = 0
        private let shape: (channels: Int, height: Int, width: Int)

        package init(channels: Int, height: Int, width: Int) {
            shape = (channels, height, width)
            sums = Array(repeating: 0, count: channels * height * width)
        }

        /// - Parameter sample: CHW, red first.
        package mutating func add(_ sample: Span<Float>) {
            precondition(sample.count == sums.count)
            for index in sums.indices { sums[index] += sample[index] }
            count += 1
        }

        /// The mean; zero when nothing was added.
        package func mean() -> MeanImage {
            let factor = count == 0 ? 0 : 1 / Float(count)
            return MeanImage(
                channels: shape.channels, height: shape.height, width: shape.width, values: sums.map { $0 * factor })
        }
    }
}
