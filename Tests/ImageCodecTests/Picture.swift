import DataTypes

@testable import ImageCodec

/// A decoded picture as a value, for comparing.
struct Picture: Equatable {
    var width: Int
    var height: Int
    var channels: Int
    var pixels: [UInt8]

    init(_ width: Int, _ height: Int, _ channels: Int, _ pixels: [UInt8]) {
        precondition(pixels.count == width * height * channels)
        (self.width, self.height, self.channels, self.pixels) = (width, height, channels, pixels)
    }

    /// Every value different from its neighbours, and from those of other rows, columns and channels.
    static func pattern(_ width: Int, _ height: Int, _ channels: Int) -> Picture {
        let pixels = (0..<width * height * channels).map { index in
            let (pixel, channel) = (index / channels, index % channels)
            return UInt8(truncatingIfNeeded: pixel % width * 37 + pixel / width * 101 + channel * 53 + index / 256)
        }
        return Picture(width, height, channels, pixels)
    }

    /// Soft slopes, which JPEG keeps well.
    static func slopes(_ width: Int, _ height: Int, _ channels: Int) -> Picture {
        let pixels = (0..<width * height * channels).map { index in
            let (pixel, channel) = (index / channels, index % channels)
            let (x, y) = (pixel % width, pixel / width)
            return UInt8(40 + x * 100 / width + y * 60 / height + channel * 9)
        }
        return Picture(width, height, channels, pixels)
    }

    init(_ buffer: borrowing PixelBuffer) {
        let span = buffer.pixels
        self.init(buffer.width, buffer.height, buffer.channels, span.indices.map { span[$0] })
    }

    var buffer: PixelBuffer {
        var buffer = PixelBuffer()
        buffer.reshape(width: width, height: height, channels: channels)
        var span = buffer.mutablePixels
        for index in pixels.indices { span[index] = pixels[index] }
        return buffer
    }

    /// The pixel's values, for comparing by place.
    subscript(x: Int, y: Int) -> [UInt8] {
        let first = (y * width + x) * channels
        return Array(pixels[first..<first + channels])
    }

    /// FNV-1a, 64 bits.
    var hash: UInt64 { pixels.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
}

/// Decodes once with a decoder of its own, into a buffer whose old content is `poison`.
func decode(
    _ bytes: [UInt8], as mode: ColourMode = .bgr, limits: ImageLimits = ImageLimits(maxPixels: 1 << 16),
    applyingOrientation: Bool = true, toleratesDamage: Bool = false, poison: UInt8 = 0
) throws(ImageError) -> Picture {
    var decoder = ImageDecoder(limits: limits, toleratesDamage: toleratesDamage)
    return try decode(bytes, as: mode, applyingOrientation: applyingOrientation, poison: poison, with: &decoder)
}

func decode(
    _ bytes: [UInt8], as mode: ColourMode, applyingOrientation: Bool = true, poison: UInt8 = 0,
    with decoder: inout ImageDecoder
) throws(ImageError) -> Picture {
    var target = PixelBuffer()
    target.reshape(width: 1 << 16, height: 1, channels: 4)
    var old = target.mutablePixels
    for index in old.indices { old[index] = poison }
    // `bytes` outlives the call.
    try unsafe decoder.decode(bytes.span.bytes, as: mode, applyingOrientation: applyingOrientation, into: &target)
    return Picture(target)
}

func header(_ bytes: [UInt8]) throws(ImageError) -> ImageHeader {
    // `bytes` outlives the call.
    try unsafe ImageHeader(of: bytes.span.bytes)
}

/// What a decode came to, so that failures can be compared too.
func outcome(
    _ bytes: [UInt8], as mode: ColourMode, toleratesDamage: Bool = false, poison: UInt8 = 0
) -> Result<Picture, ImageError> {
    Result { () throws(ImageError) in
        try decode(bytes, as: mode, toleratesDamage: toleratesDamage, poison: poison)
    }
}
