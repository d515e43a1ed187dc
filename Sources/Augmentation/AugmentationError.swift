/// Why one sample cannot be augmented as its stream asks. The stream's bad-record policy decides what follows.
package enum AugmentationError: Error, Equatable, CustomStringConvertible {
    /// The random square of `max_crop_size` does not fit.
    case imageSmallerThanCrop(width: Int, height: Int, cropSize: Int)
    /// The image is smaller than `data_shape` although it was enlarged: rounding took a pixel.
    case imageSmallerThanShape(width: Int, height: Int, shapeWidth: Int, shapeHeight: Int)
    /// A step would give an image without pixels, as a small random scale does with a small one.
    case emptyImage(step: String, width: Int, height: Int)
    /// A step would give an image beyond the limit on one side or on the number of pixels.
    case imageTooLarge(step: String, width: Int, height: Int, maxSide: Int, maxPixels: Int)
    /// The image has another number of channels than `data_shape`.
    case channelMismatch(image: Int, shape: Int)
    /// The decoded image is not the one that was planned for: its header and its content disagree.
    case sourceMismatch(width: Int, height: Int, plannedWidth: Int, plannedHeight: Int)
    /// The list of augmenters leaves the image at another size than `data_shape`.
    case otherSize(width: Int, height: Int, shapeWidth: Int, shapeHeight: Int)
    /// The steps together would compute too many pixels.
    case tooMuchWork(pixels: Int, maxPixels: Int)
    /// The augmenters leave no object in the image.
    case noObject

    package var description: String {
        switch self {
        case .imageSmallerThanCrop(let width, let height, let cropSize):
            "the image is \(width)×\(height), smaller than max_crop_size \(cropSize); lower max_crop_size or set resize"
        case .imageSmallerThanShape(let width, let height, let shapeWidth, let shapeHeight):
            "the image is \(width)×\(height) before the crop, smaller than data_shape "
                + "\(shapeWidth)×\(shapeHeight) (width×height); set resize, or max_img_size and scales that keep it larger"
        case .emptyImage(let step, let width, let height):
            "\(step) would make an image of \(width)×\(height) pixels; the image is too small for it"
        case .imageTooLarge(let step, let width, let height, let maxSide, let maxPixels):
            "\(step) would make an image of \(width)×\(height); at most \(maxSide) a side and "
                + "\(maxPixels) pixels (limits.max_pixels) are allowed"
        case .channelMismatch(let image, let shape):
            "the image has \(image) channels and data_shape asks for \(shape)"
        case .sourceMismatch(let width, let height, let plannedWidth, let plannedHeight):
            "the decoded image is \(width)×\(height), and its header promised \(plannedWidth)×\(plannedHeight)"
        case .otherSize(let width, let height, let shapeWidth, let shapeHeight):
            "the augmenters make an image of \(width)×\(height), and data_shape asks for \(shapeWidth)×\(shapeHeight) "
                + "(width×height); end the list with a crop or a ForceResizeAug"
        case .tooMuchWork(let pixels, let maxPixels):
            "the augmenters would compute \(pixels) pixels, all steps together; \(maxPixels) are allowed, a "
                + "multiple of limits.max_pixels"
        case .noObject: "no object is left in the image, or none with a class of 0 or more"
        }
    }
}
