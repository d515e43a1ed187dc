import DataTypes
import Testing

@testable import Augmentation

@Suite("Augmentation parameters")
struct ParametersTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        let names: [String]
        let given: [String: ParameterValue]
        var channels = 3
        var testDescription: String { given.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ") }
    }

    static let refused: [Refused] = [
        Refused(names: ["resize"], given: ["resize": .integer(0)]),
        Refused(names: ["resize"], given: ["resize": .integer(-2)]),
        Refused(names: ["inter_method"], given: ["inter_method": .integer(5)]),
        Refused(names: ["inter_method"], given: ["inter_method": .integer(0), "rotate": .integer(30)]),
        Refused(names: ["inter_method"], given: ["inter_method": .integer(0), "max_img_size": .integer(70)]),
        Refused(
            names: ["random_resized_crop", "rand_crop"],
            given: ["random_resized_crop": .bool(true), "rand_crop": .bool(true)]),
        Refused(
            names: ["random_resized_crop", "min_crop_size", "max_crop_size"],
            given: ["random_resized_crop": .bool(true), "min_crop_size": .integer(4), "max_crop_size": .integer(5)]),
        Refused(
            names: ["random_resized_crop", "min_random_scale", "max_random_scale"],
            given: ["random_resized_crop": .bool(true), "max_random_scale": .number(1.5)]),
        Refused(
            names: ["random_resized_crop", "min_random_area", "min_aspect_ratio"],
            given: ["random_resized_crop": .bool(true), "min_random_area": .number(0)]),
        Refused(names: ["min_crop_size", "max_crop_size"], given: ["max_crop_size": .integer(40)]),
        Refused(names: ["min_crop_size", "max_crop_size"], given: ["min_crop_size": .integer(40)]),
        Refused(
            names: ["min_crop_size", "max_crop_size"],
            given: ["min_crop_size": .integer(9), "max_crop_size": .integer(8)]),
        Refused(names: ["min_crop_size"], given: ["min_crop_size": .integer(0), "max_crop_size": .integer(8)]),
        Refused(names: ["min_random_area", "max_random_area"], given: ["min_random_area": .integer(2)]),
        Refused(names: ["min_random_scale", "max_random_scale"], given: ["min_random_scale": .integer(2)]),
        Refused(names: ["min_random_scale"], given: ["min_random_scale": .integer(0)]),
        Refused(
            names: ["min_img_size", "max_img_size"], given: ["min_img_size": .integer(9), "max_img_size": .integer(8)]),
        Refused(names: ["min_aspect_ratio", "max_aspect_ratio"], given: ["min_aspect_ratio": .number(0.75)]),
        Refused(names: ["max_aspect_ratio"], given: ["max_aspect_ratio": .number(1.5)]),
        Refused(names: ["hue", "random_h"], given: ["hue": .number(0.1), "random_h": .integer(10)]),
        Refused(names: ["max_rotate_angle"], given: ["max_rotate_angle": .integer(-1)]),
        Refused(names: ["fill_value"], given: ["fill_value": .string("12.5")]),
        Refused(names: colour, given: ["brightness": .number(0.1)], channels: 1),
        Refused(names: colour, given: ["random_l": .integer(1)], channels: 4),
        Refused(names: colour, given: ["pca_noise": .number(0.1)], channels: 1),
    ]
    static let colour = [
        "data_shape", "brightness", "contrast", "saturation", "random_h", "random_s", "random_l", "hue", "pca_noise",
    ]

    @Test("what cannot be done is refused by name", arguments: refused)
    func refusals(refused: Refused) {
        let error = #expect(throws: ParameterError.self) {
            _ = try parameters(refused.given, channels: refused.channels)
        }
        switch error {
        case .illTyped(let name, _, _), .outOfRange(let name, _, _): #expect([name] == refused.names)
        case .conflict(let names, _): #expect(names == refused.names)
        default: Issue.record("unexpected \(String(describing: error))")
        }
    }

    @Test("defaults do nothing")
    func defaults() throws {
        let result = try parameters([:])
        #expect(!result.hasAffineStep && !result.hasJitter && !result.hasHLSShift)
        #expect(result.resize == nil && result.cropSizes == nil && result.pad == 0 && result.rotate == nil)
        #expect(result.interpolation == .fixed(.linear) && result.fillValue == 255)
    }

    @Test("negative pad and rotate are off, fill_value is clamped")
    func off() throws {
        let result = try parameters(["pad": .integer(-3), "rotate": .integer(-30), "fill_value": .integer(300)])
        #expect(result.pad == 0 && result.rotate == nil && !result.hasAffineStep && result.fillValue == 255)
    }

    @Test("aspect ratio is 1 ± max_aspect_ratio, or from min to max")
    func aspect() throws {
        #expect(try parameters(["max_aspect_ratio": .number(0.25)]).aspect == .init(low: 0.75, high: 1.25))
        let both = try parameters(["min_aspect_ratio": .number(0.5), "max_aspect_ratio": .number(2)])
        #expect(both.aspect == .init(low: 0.5, high: 2))
        #expect(both.hasAffineStep)
        #expect(try !parameters(["max_aspect_ratio": .number(0.25), "random_resized_crop": .bool(true)]).hasAffineStep)
    }

    @Test("every parameter has a summary and a default")
    func specs() {
        #expect(Set(AugmentationParameters.specs.map(\.name)).count == AugmentationParameters.specs.count)
        for spec in AugmentationParameters.specs {
            #expect(spec.summary.hasSuffix(".") && spec.defaultValue != nil)
        }
    }

    @Test("a deviation of 0 is refused")
    func deviation() throws {
        let values = try ParameterValues(
            ["std_g": .integer(0)], specs: Normalisation.specs, iterator: "ImageRecordIter")
        #expect(throws: ParameterError.outOfRange(name: "std_g", value: "0.0", allowed: "above 0")) {
            _ = try Normalisation(values, formula: .version2)
        }
    }
}
