import DataTypes
import ImageCodec

/// Five bytes that choose how to decode, and a picture: its pixels in whole and in part.
///
/// What is decoded has the size that the header promised, and a part has the pixels that it has in the whole.
enum ImageTarget {
    private static let limits = ImageLimits(maxPixels: 1 << 18, maxScans: 20)

    static func run(_ input: FuzzInput) {
        var input = input
        let options = input.byte()
        let shares = (0..<4).map { _ in Int(input.byte()) }
        let picture = input.remainder()
        let bytes = picture.span.bytes
        guard let header = try? ImageHeader(of: bytes) else { return }

        let mode = [ColourMode.gray, .bgr, .unchanged][Int(options & 3) % 3]
        let isExact = options & 4 != 0 || !header.isReducible || mode == .unchanged
        let precision = isExact ? DecodePrecision.exact : .fast(reduction: 1 << Int(options >> 6))
        var decoder = ImageDecoder(limits: limits, toleratesDamage: options & 8 != 0)
        var whole = PixelBuffer()
        do throws(ImageError) {
            try decoder.decode(bytes, as: mode, precision: precision, into: &whole)
        } catch {
            return
        }
        let (width, height) = (whole.width, whole.height)
        expect(width > 0 && height > 0, "a picture without pixels")
        if isExact {
            let stored = (width: header.width, height: header.height)
            let (wide, high) = mode == .unchanged ? stored : header.uprightSize
            expect(width == wide && height == high, "\(width)×\(height) pixels, not \(wide)×\(high)")
        }
        var window = ImageWindow(
            x: shares[0] * (width - 1) / 255, y: shares[1] * (height - 1) / 255, width: 1, height: 1)
        window.width += shares[2] * (width - window.x - 1) / 255
        window.height += shares[3] * (height - window.y - 1) / 255
        checkPart(window, of: whole, bytes, mode, precision, &decoder)
    }

    private static func checkPart(
        _ window: ImageWindow, of whole: borrowing PixelBuffer, _ bytes: RawSpan, _ mode: ColourMode,
        _ precision: DecodePrecision, _ decoder: inout ImageDecoder
    ) {
        var part = PixelBuffer()
        guard
            let corner = try? decoder.decode(bytes, as: mode, precision: precision, window: window, into: &part)
        else { fatalError("a whole picture is decoded, its part \(window) is not") }
        let (width, height, rowBytes) = (whole.width, whole.height, whole.rowBytes)
        let (partHeight, partRowBytes, channels) = (part.height, part.rowBytes, part.channels)
        expect(rowBytes == width * channels, "a part of \(channels) channels")
        expect(
            corner.x * channels + partRowBytes <= rowBytes && corner.y + partHeight <= height,
            "the part at \(corner) leaves the picture")
        let ours = part.pixels
        let theirs = whole.pixels
        for row in 0..<partHeight {
            let start = (corner.y + row) * rowBytes + corner.x * channels
            for column in 0..<partRowBytes where ours[row * partRowBytes + column] != theirs[start + column] {
                fatalError("row \(row) of the part \(window) has other pixels than the whole")
            }
        }
    }
}
