/// Everything decided about one image with objects before a pixel is touched. The steps are in the order in which they
/// are done; nil is a step left out.
package struct DetectionPlan: Sendable, Equatable {
    /// The decoded image's size, orientation applied.
    package var sourceWidth: Int
    package var sourceHeight: Int
    /// As in `SamplePlan`.
    package var reduction = 1
    package var resize: SamplePlan.Resize?
    package var hlsShift: SamplePlan.HLSShift?
    /// Factor on every pixel.
    package var contrast: Float?
    package var isMirrored = false
    /// The larger canvas around the image.
    package var border: PixelBorder?
    /// Value of the border; a fourth channel is filled with 0, as in MXNet.
    package var fillValue: UInt8 = 127
    /// What is cut out after the steps above. Always inside the image with its border.
    package var crop: PixelRect
    /// Brings the crop to its place in `data_shape`.
    package var fit: SamplePlan.Resize?

    /// The size of the image in the sample: it lies in the top left corner, what is beside it is 0 before normalisation.
    package var contentWidth: Int { fit?.width ?? crop.width }
    package var contentHeight: Int { fit?.height ?? crop.height }
}
