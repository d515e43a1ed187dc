/// Everything decided about one sample before a pixel is touched: executing it needs no random number.
///
/// A value without references: planning allocates nothing. The steps are in the order in which they are done; nil (or
/// zero) is a step left out.
package struct SamplePlan: Sendable, Equatable {
    /// A resize of the whole image.
    package struct Resize: Sendable, Hashable {
        package var width: Int
        package var height: Int
        package var kernel: Interpolation
    }

    /// An affine warp onto a canvas, filled where the image does not reach.
    package struct Affine: Sendable, Hashable {
        /// Row-major 2×3 matrix from image to canvas coordinates.
        package var matrix: [6 of Float]
        package var width: Int
        package var height: Int
        package var kernel: Interpolation

        package static func == (left: Self, right: Self) -> Bool {
            left.width == right.width && left.height == right.height && left.kernel == right.kernel
                && left.matrix.indices.allSatisfy { left.matrix[$0] == right.matrix[$0] }
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(width)
            hasher.combine(height)
            for index in matrix.indices { hasher.combine(matrix[index]) }
        }
    }

    /// Factors of brightness, contrast and saturation, and in which order they are applied.
    package struct Jitter: Sendable, Hashable {
        package enum Operation: UInt8, Sendable, Hashable { case brightness, contrast, saturation }
        package var brightness: Float
        package var contrast: Float
        package var saturation: Float
        package var first: Operation
        package var second: Operation
        package var third: Operation
    }

    /// What is added to hue, lightness and saturation, in OpenCV's 8-bit units (hue 0…180 is a full turn).
    package struct HLSShift: Sendable, Hashable {
        package var hue: Int
        package var lightness: Int
        package var saturation: Int
        /// True: hue goes round the circle (parameter `hue`). False: it stops at both ends (`random_h`, as in MXNet).
        package var wrapsHue: Bool
    }

    /// Added to every pixel.
    package struct Noise: Sendable, Hashable {
        package var red: Float
        package var green: Float
        package var blue: Float
    }

    /// The decoded image's size, orientation applied.
    package var sourceWidth: Int
    package var sourceHeight: Int
    /// The image is decoded with its sides divided by this: 1, 2, 4 or 8. All sizes here are those of the whole image.
    package var reduction = 1

    package var resize: Resize?
    package var affine: Affine?
    /// Border on all four sides in pixels.
    package var pad = 0
    /// Value of the border and of what a warp leaves empty; a fourth channel is filled with 0, as in MXNet.
    package var fillValue: UInt8 = 255
    /// An image smaller than `data_shape` is enlarged, first by its height, then by its width.
    package var heightEnlargement: Resize?
    package var widthEnlargement: Resize?
    /// What is cut out of the image after the steps above. Always inside it.
    package var crop: PixelRect
    /// Brings a random-sized crop to `data_shape`.
    package var cropResize: Resize?
    package var jitter: Jitter?
    package var hlsShift: HLSShift?
    package var noise: Noise?
    package var isMirrored = false
    /// Random factor on the difference to the mean; 1 leaves it alone.
    package var contrast: Float = 1
    /// Random offset in pixel values.
    package var illumination: Float = 0
}
