package import DataTypes

/// Turns the bytes of a picture into pixels. One worker owns it and uses it for picture after picture.
///
/// What comes out depends on the bytes and the arguments only, never on the pictures before. Nothing in the bytes can
/// trap, and a picture is either decoded whole or refused.
///
/// - Note: Follows OpenCV 3.4.2 `cv::imdecode` as MXNet 1.9.1 calls it, pixel for pixel, where that is well defined.
package struct ImageDecoder: ~Copyable {
    private var jpeg = JPEGDecoder()
    private var png = PNGDecoder()
    /// Holds a picture before it is turned.
    private var scratch = PixelBuffer()
    private let limits: ImageLimits
    private let toleratesDamage: Bool

    /// - Parameter toleratesDamage: deliver what can be decoded of a damaged JPEG, as MXNet does: where the bytes end
    ///   early, the last row is repeated. Such a picture is still the same every time. Progressive and
    ///   arithmetic-coded JPEGs that end early and other damaged formats remain errors.
    package init(limits: ImageLimits = ImageLimits(), toleratesDamage: Bool = false) {
        self.limits = limits
        self.toleratesDamage = toleratesDamage
    }

    /// Decodes one picture.
    ///
    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - mode: the channels wanted.
    ///   - applyingOrientation: turn a JPEG upright by its EXIF tag. Never done for `.unchanged`.
    ///   - target: becomes `height × width × channels`; after an error its content means nothing.
    package mutating func decode(
        _ bytes: RawSpan, as mode: ColourMode, applyingOrientation: Bool = true, into target: inout PixelBuffer
    ) throws(ImageError) {
        switch try ImageFormat(of: bytes) {
        case .jpeg:
            let orientation = applyingOrientation && mode != .unchanged ? Self.orientation(of: bytes) : .upright
            if orientation == .upright {
                try jpeg.decode(bytes, as: mode, limits: limits, toleratesDamage: toleratesDamage, into: &target)
            } else {
                try jpeg.decode(bytes, as: mode, limits: limits, toleratesDamage: toleratesDamage, into: &scratch)
                target.assign(scratch, turnedBy: orientation)
            }
        case .png:
            try png.decode(bytes, as: mode, limits: limits, into: &target)
        case .bmp:
            try BMPDecoder.decode(bytes, as: mode, limits: limits, into: &target)
        }
    }

    /// The orientation of a JPEG; upright when the header is broken, which the decoder will report better.
    private static func orientation(of bytes: RawSpan) -> Orientation {
        var segments = JPEGSegments()
        while let segment = try? segments.next(in: bytes) {
            if let orientation = segment.orientation(in: bytes) { return orientation }
        }
        return .upright
    }
}
