package import DataTypes

/// Turns the bytes of a picture into pixels. One worker owns it and uses it for picture after picture.
///
/// What comes out depends on the bytes and the arguments only, never on the pictures before. Nothing in the bytes can
/// trap, and a picture is either decoded whole or refused.
///
/// - Note: Follows OpenCV 3.4.2 `cv::imdecode` as MXNet 1.9.1 calls it, pixel for pixel, where that is well defined.
package struct ImageDecoder: ~Copyable {
    private var jpeg: JPEGDecoder
    private var png = PNGDecoder()
    /// Holds a picture before it is turned.
    private var scratch = PixelBuffer()
    private let limits: ImageLimits
    private let toleratesDamage: Bool

    /// - Parameters:
    ///   - toleratesDamage: deliver what can be decoded of a damaged JPEG, as MXNet does: where the bytes end early, the
    ///     last row is repeated. Such a picture is still the same every time. Progressive and arithmetic-coded JPEGs
    ///     that end early and other damaged formats remain errors.
    ///   - usesLibraryOnly: leave all of a JPEG to libjpeg-turbo, for comparing. The pixels are the same.
    package init(
        limits: ImageLimits = ImageLimits(), toleratesDamage: Bool = false, usesLibraryOnly: Bool = false
    ) {
        jpeg = JPEGDecoder(usesLibraryOnly: usesLibraryOnly)
        self.limits = limits
        self.toleratesDamage = toleratesDamage
    }

    /// Whether the last JPEG was decoded without libjpeg-turbo's own Huffman decoder.
    var wasFast: Bool { jpeg.wasFast }

    /// Decodes one picture, or a part of it.
    ///
    /// A part costs less, and has the pixels that it has in the whole picture. A JPEG may be accepted for its part
    /// although it is damaged outside it, but not when it ends early.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - mode: the channels wanted.
    ///   - applyingOrientation: turn a JPEG upright by its EXIF tag. Never done for `.unchanged`.
    ///   - precision: of a JPEG's pixels. Only a picture that stays as it is stored is reduced: see `ImageHeader.isReducible`.
    ///   - window: the part that is wanted, of the picture as it is turned and reduced.
    ///   - target: becomes `height × width × channels` of the window or the whole picture; after an error its content
    ///     means nothing.
    /// - Returns: Where in the picture `target` begins: the window's corner, or (0, 0) when it is the whole picture,
    ///   which it is for other formats, and where damage is tolerated.
    @discardableResult
    package mutating func decode(
        _ bytes: RawSpan, as mode: ColourMode, applyingOrientation: Bool = true, precision: DecodePrecision = .exact,
        window: ImageWindow? = nil, into target: inout PixelBuffer
    ) throws(ImageError) -> (x: Int, y: Int) {
        switch try ImageFormat(of: bytes) {
        case .jpeg:
            let orientation = applyingOrientation && mode != .unchanged ? Self.orientation(of: bytes) : .upright
            let isWindow: Bool
            if orientation == .upright {
                isWindow = try jpeg.decode(
                    bytes, as: mode, limits: limits, toleratesDamage: toleratesDamage, precision: precision,
                    window: window, into: &target)
            } else {
                // Its odd sides would not be on the sides that they are on when the picture is whole.
                let unreduced = precision == .exact ? precision : .fast(reduction: 1)
                isWindow = try jpeg.decode(
                    bytes, as: mode, limits: limits, toleratesDamage: toleratesDamage, precision: unreduced,
                    window: window, orientation: orientation, into: &scratch)
                target.assign(scratch, turnedBy: orientation)
            }
            if isWindow, let window { return (window.x, window.y) }
        case .png:
            try png.decode(bytes, as: mode, limits: limits, into: &target)
        case .bmp:
            try BMPDecoder.decode(bytes, as: mode, limits: limits, into: &target)
        }
        return (0, 0)
    }

    /// The orientation of a JPEG; upright when the header is broken, which the decoder will report better.
    private static func orientation(of bytes: RawSpan) -> Orientation {
        var segments = JPEGSegments()
        return segments.nextOrientation(in: bytes) ?? .upright
    }
}
