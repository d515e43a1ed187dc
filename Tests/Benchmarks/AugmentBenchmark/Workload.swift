import Augmentation
import DataTypes

/// One way to make samples, and the decoded images that it gets.
struct Workload {
    let name: String
    /// Parameters of the default augmenter.
    let parameters: [String: ParameterValue]
    let elementType: ElementType
    let layout: SlotFormat.Layout
    let channels: Int
    /// Width and height of the decoded images, taken in turn.
    let sizes: [(width: Int, height: Int)]

    init(
        _ name: String, _ parameters: [String: ParameterValue], _ elementType: ElementType = .float32,
        layout: SlotFormat.Layout = .channelsFirst, channels: Int = 3, sizes: [(width: Int, height: Int)] = photographs
    ) {
        self.name = name
        self.parameters = parameters.merging(["mean_r": .number(123.7), "mean_g": .number(116.3)]) { $1 }
        self.elementType = elementType
        self.layout = layout
        self.channels = channels
        self.sizes = sizes
    }

    /// ImageNet's most frequent sizes.
    static let photographs = [(width: 500, height: 375), (500, 333), (375, 500), (500, 400)]
    /// The same with a shorter side of 256.
    static let small = [(width: 341, height: 256), (384, 256), (256, 341), (320, 256)]

    static let randomArea: [String: ParameterValue] = [
        "random_resized_crop": .bool(true), "min_random_area": .number(0.08), "min_aspect_ratio": .number(0.75),
        "max_aspect_ratio": .number(1.3333), "rand_mirror": .bool(true), "std_r": .number(58.4),
    ]
    static let randomCrop: [String: ParameterValue] = ["rand_crop": .bool(true), "rand_mirror": .bool(true)]
    static let resizedCrop = randomCrop.merging(["resize": .integer(256)]) { $1 }

    static let all: [Workload] = [
        Workload("W1 random area, float32 CHW", randomArea),
        Workload("W2 resize 256, random crop, float32 CHW", resizedCrop),
        Workload("W3 random crop, uint8 CHW", randomCrop, .uint8, sizes: small),
        Workload("W4 resize 256, centre crop, float32 CHW", ["resize": .integer(256)]),
        Workload("W1 uint8 HWC", randomArea, .uint8, layout: .channelsLast),
        Workload("W2 uint8 CHW", resizedCrop, .uint8),
        Workload("W2 uint8 HWC", resizedCrop, .uint8, layout: .channelsLast),
        Workload("W2 float32 HWC", resizedCrop, layout: .channelsLast),
        Workload("W2 float16 CHW", resizedCrop, .float16),
        Workload("W2 gray, float32", resizedCrop, channels: 1),
        Workload("W2 area kernel, float32 CHW", resizedCrop.merging(["inter_method": .integer(3)]) { $1 }),
        Workload("W2 cubic kernel, float32 CHW", resizedCrop.merging(["inter_method": .integer(2)]) { $1 }),
        Workload("W3 uint8 HWC", randomCrop, .uint8, layout: .channelsLast, sizes: small),
        Workload("W3 float32 CHW", randomCrop, sizes: small),
    ]
}
