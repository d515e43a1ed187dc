package import DataTypes

/// Mean, deviation and scale of the last step, and which of MXNet's formulas combines them.
///
/// A mean image is no part of it: it is loaded separately and then takes the place of `mean`.
package struct Normalisation: Sendable, Equatable {
    /// MXNet's record iterators round differently.
    package enum Formula: Sendable, Hashable {
        /// `(x − mean)·(contrast·scale/std) + illumination·scale/std`. Follows `src/io/iter_image_recordio_2.cc`.
        case version2
        /// `((x − mean)·contrast + illumination)·scale/std`. Follows `src/io/iter_normalize.h`.
        case version1
        /// `(x − mean)/std·scale`. Follows `src/io/iter_image_det_recordio.cc`.
        case detection
    }

    package var formula: Formula
    /// Pixel values 0…255, red (or gray), green, blue, alpha.
    package var mean: [4 of Float]
    /// Pixel values, above 0, in the same order.
    package var deviation: [4 of Float]
    package var scale: Float

    package init(
        formula: Formula = .version2, mean: [4 of Float] = [0, 0, 0, 0], deviation: [4 of Float] = [1, 1, 1, 1],
        scale: Float = 1
    ) {
        self.formula = formula
        self.mean = mean
        self.deviation = deviation
        self.scale = scale
    }

    /// - Parameter values: checked against specs that include `Self.specs`.
    /// - Throws: `.outOfRange` for a deviation of 0, which MXNet turns into NaN.
    package init(_ values: ParameterValues, formula: Formula) throws(ParameterError) {
        self.init(formula: formula, scale: Float(values.number("scale")))
        for (index, channel) in ["r", "g", "b", "a"].enumerated() {
            mean[index] = Float(values.number("mean_" + channel))
            deviation[index] = Float(values.number("std_" + channel))
            guard deviation[index] > 0 else {
                throw .outOfRange(name: "std_" + channel, value: String(deviation[index]), allowed: "above 0")
            }
        }
    }

    /// The detection iterator's: means count when one of them is above 0, and a deviation of 0 is none.
    ///
    /// - Parameter values: checked against specs that include `DetectionParameters.specs`.
    package init(detection values: ParameterValues) {
        self.init(formula: .detection, scale: Float(values.number("scale")))
        let hasMean = Self.hasDetectionMean(values)
        for (index, channel) in ["r", "g", "b", "a"].enumerated() {
            if hasMean { mean[index] = Float(values.number("mean_" + channel)) }
            let given = Float(values.number("std_" + channel))
            if given > 0 { deviation[index] = given }
        }
    }

    /// True when the means of the channels count, and a mean image does not.
    package static func hasDetectionMean(_ values: ParameterValues) -> Bool {
        ["mean_r", "mean_g", "mean_b", "mean_a"].contains { values.number($0) > 0 }
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.formula == right.formula && left.scale == right.scale
            && left.mean.indices.allSatisfy {
                left.mean[$0] == right.mean[$0] && left.deviation[$0] == right.deviation[$0]
            }
    }

    package static let specs: [ParameterSpec] =
        ["r", "g", "b", "a"].map {
            ParameterSpec(
                "mean_" + $0, .number(-1e6...1e6), default: .number(0),
                "Mean of channel \($0) in pixel values, subtracted from it; ignored when mean_img is given.")
        }
        + ["r", "g", "b", "a"].map {
            ParameterSpec(
                "std_" + $0, .number(0...1e6), default: .number(1),
                "Standard deviation of channel \($0) in pixel values; channel is divided by it.")
        }
        + [
            ParameterSpec(
                "scale", .number(-1e6...1e6), default: .number(1), "Factor applied after the mean is subtracted."),
            ParameterSpec(
                "mean_img", .string, default: .string(""),
                "File with the mean image, subtracted instead of mean_r, mean_g, mean_b; empty is off."),
        ]
}
