internal import DataTypes
internal import Glibc

/// Surrounds an image with a border of one value.
enum PadBorder {
    /// Writes the part `rect` of the image with its border.
    ///
    /// - Parameters:
    ///   - rect: in the coordinates of the image with its border.
    ///   - fill: of the border; a fourth channel gets 0, as in MXNet.
    static func run(
        _ view: SourceView, border: PixelBorder, fill: UInt8, rect: PixelRect, into destination: inout PixelBuffer
    ) {
        let channels = view.channels
        precondition(
            rect.isInside(
                width: view.width + border.left + border.right, height: view.height + border.top + border.bottom))
        // The part of `rect` that the image covers, in the image's coordinates.
        let columns = covered(rect.x - border.left, rect.width, of: view.width)
        let lines = covered(rect.y - border.top, rect.height, of: view.height)
        if !columns.isEmpty, !lines.isEmpty {
            view.require(
                PixelRect(x: columns.lowerBound, y: lines.lowerBound, width: columns.count, height: lines.count))
        }
        destination.reshape(width: rect.width, height: rect.height, channels: channels)
        let rowBytes = destination.rowBytes
        let count = columns.count * channels
        let targetOffset = (columns.lowerBound + border.left - rect.x) * channels
        unsafe destination.withUnsafeMutableBytes { out in
            let target = unsafe out.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
            // The destination has `rect`'s size, and the copied part lies in it and in the image.
            unsafe memset(target, Int32(fill), out.count)
            if channels == 4 {
                for pixel in 0..<rect.width * rect.height { unsafe target[4 &* pixel &+ 3] = 0 }
            }
            guard count > 0 else { return }
            for line in lines {
                unsafe memcpy(
                    target + (line + border.top - rect.y) * rowBytes + targetOffset,
                    view.row(line) + (columns.lowerBound * channels - view.columnBias), count)
            }
        }
    }

    /// Positions start ..< start + count that lie in 0 ..< limit; empty when none does.
    private static func covered(_ start: Int, _ count: Int, of limit: Int) -> Range<Int> {
        let low = min(max(start, 0), limit)
        return low..<max(low, min(start + count, limit))
    }
}
