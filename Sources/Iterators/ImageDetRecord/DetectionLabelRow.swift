import Augmentation

/// The label row of an image with objects.
///
///     | channels | rows | columns | n | label 0 ... label n−1 | pad value ... |    Float32
///
/// Rows and columns are those of the image in its sample. Follows MXNet 1.9.1 `src/io/iter_image_det_recordio.cc`.
struct DetectionLabelRow {
    /// Values before the labels.
    static let prefixCount = 4

    /// Labels that the row has room for.
    let width: Int
    let padValue: Float

    /// Writes every value of the row.
    ///
    /// - Parameter labels: at most `width`.
    func write(_ labels: ObjectLabels, of plan: DetectionPlan, channels: Int, to target: RecordRow) {
        let count = labels.values.count
        target.store(label: Float(channels), at: 0)
        target.store(label: Float(plan.contentHeight), at: 1)
        target.store(label: Float(plan.contentWidth), at: 2)
        target.store(label: Float(count), at: 3)
        for position in 0..<width {
            let value = position < count ? labels.values[position] : padValue
            target.store(label: value, at: Self.prefixCount + position)
        }
    }
}
