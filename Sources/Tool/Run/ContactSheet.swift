import DataTypes
import ImageCodec

/// A grid of equally large samples with a thin gap between them.
struct ContactSheet: ~Copyable {
    private static let gap = 2
    private let columns: Int
    private let height: Int
    private let width: Int
    private var pixels: [UInt8]
    private let sheetWidth: Int

    init(count: Int, columns: Int, height: Int, width: Int) {
        self.columns = min(columns, count)
        self.height = height
        self.width = width
        let rows = (count + self.columns - 1) / self.columns
        sheetWidth = self.columns * (width + Self.gap) + Self.gap
        pixels = [UInt8](repeating: 32, count: sheetWidth * (rows * (height + Self.gap) + Self.gap) * 3)
    }

    /// Draws sample `position`. `sample` is `height × width × channels`, RGB(A) or gray.
    mutating func place(_ sample: some RandomAccessCollection<UInt8>, channels: Int, at position: Int) {
        let left = Self.gap + position % columns * (width + Self.gap)
        let top = Self.gap + position / columns * (height + Self.gap)
        var source = sample.startIndex
        for y in 0..<height {
            var target = ((top + y) * sheetWidth + left) * 3
            for _ in 0..<width {
                for channel in 0..<3 {
                    // The sheet is BGR as the encoder takes it.
                    let offset = channels == 1 ? 0 : 2 - channel
                    pixels[target + channel] = sample[sample.index(source, offsetBy: offset)]
                }
                source = sample.index(source, offsetBy: channels)
                target += 3
            }
        }
    }

    /// The sheet as PNG, cut behind the last row that has a sample.
    func encode(rowsFor count: Int) throws -> [UInt8] {
        let rows = (count + columns - 1) / columns
        var image = PixelBuffer()
        image.reshape(width: sheetWidth, height: rows * (height + Self.gap) + Self.gap, channels: 3)
        var target = image.mutablePixels
        for position in target.indices { target[position] = pixels[position] }
        return try PNGEncoder(level: 6).encode(image)
    }
}
