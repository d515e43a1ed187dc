/// A plan that begins with a decoded image and perhaps a resize of the whole of it.
package protocol ImagePlan {
    /// The size of the image that the plan begins with.
    var sourceWidth: Int { get set }
    var sourceHeight: Int { get set }
    var resize: SamplePlan.Resize? { get set }
    /// The part of the image that the plan reads.
    var neededSource: PixelRect { get }
}

extension ImagePlan {
    /// The size after the resize.
    package var resizedSize: (width: Int, height: Int) {
        resize.map { ($0.width, $0.height) } ?? (sourceWidth, sourceHeight)
    }

    /// Makes this the plan for the image that its resize gives.
    package mutating func beginBehindResize() {
        (sourceWidth, sourceHeight) = resizedSize
        resize = nil
    }
}

extension SamplePlan: ImagePlan {}
extension DetectionPlan: ImagePlan {}
