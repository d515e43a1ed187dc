package import DataTypes

/// What a finished sample is: where its values lie, and how they come from pixels. The same for a whole stream.
///
/// Values by element type:
/// * `float32`: the normalised value; `float16` and `bfloat16`: that value, rounded to nearest even; `float64`: that value.
/// * `uint8`: the pixel. Mean, deviation, scale and the random factors play no part, as in MXNet.
/// * `int8`: the pixel minus the rounded mean of its channel, clamped to −128…127, as in MXNet.
/// * `int32`, `int64`: likewise without a clamp. MXNet has no such output.
package struct SampleOutput: Sendable, Equatable {
    package let format: SlotFormat
    package internal(set) var normalisation: Normalisation
    package let meanImage: MeanImage?

    /// - Throws: `.outOfRange` for an element type that images cannot have.
    package init(
        format: SlotFormat, normalisation: Normalisation, meanImage: MeanImage? = nil
    ) throws(ParameterError) {
        guard format.elementType != .uint64 else {
            throw .outOfRange(
                name: "dtype", value: format.elementType.rawValue,
                allowed: "uint8, int8, int32, int64, float16, bfloat16, float32 or float64")
        }
        guard [1, 3, 4].contains(format.channels) else {
            throw .outOfRange(name: "data_shape", value: "\(format.channels) channels", allowed: "1, 3 or 4 channels")
        }
        self.format = format
        self.normalisation = normalisation
        self.meanImage = meanImage
        if let meanImage {
            precondition(
                meanImage.channels == format.channels && meanImage.height == format.height
                    && meanImage.width == format.width, "the mean image is of another shape")
        }
    }
}
