package import DataTypes

/// Reads lists of augmenters that came as data: `[[name, [[argument, value], …]], …]`.
///
/// Names are those of MXNet's classes, in any case of letters; arguments are those of their constructors. Whatever can be
/// refused without an image is refused here, with the place.
package struct AugmenterReader {
    /// Augmenters of a whole list, those in other augmenters included.
    package static let maxAugmenters = 256
    private var count = 0

    package static func augmenters(_ value: ParameterValue, at place: String) throws(ParameterError) -> [Augmenter] {
        var reader = AugmenterReader()
        return try reader.list(value, at: place)
    }

    package static func detectionAugmenters(
        _ value: ParameterValue, at place: String
    ) throws(ParameterError) -> [DetectionAugmenter] {
        var reader = AugmenterReader()
        return try reader.detectionList(value, at: place)
    }

    private mutating func list(_ value: ParameterValue, at place: String) throws(ParameterError) -> [Augmenter] {
        var result: [Augmenter] = []
        for (position, entry) in try Self.entries(value, at: place).enumerated() {
            result.append(try augmenter(entry, at: "\(place)[\(position)]"))
        }
        return result
    }

    private mutating func detectionList(
        _ value: ParameterValue, at place: String
    ) throws(ParameterError) -> [DetectionAugmenter] {
        var result: [DetectionAugmenter] = []
        for (position, entry) in try Self.entries(value, at: place).enumerated() {
            result.append(try detectionAugmenter(entry, at: "\(place)[\(position)]"))
        }
        return result
    }

    private static func entries(_ value: ParameterValue, at place: String) throws(ParameterError) -> [ParameterValue] {
        guard case .list(let entries) = value else {
            throw .illTyped(
                name: place, value: AugmenterArguments.shortened(value),
                expected: "a list of augmenters, [[name, [[argument, value], …]], …]")
        }
        return entries
    }

    /// The class and the arguments of one entry.
    private mutating func entry<Class: RawRepresentable & CaseIterable>(
        _ value: ParameterValue, at place: String, of: Class.Type, arguments: (Class) -> [String]
    ) throws(ParameterError) -> (Class, AugmenterArguments) where Class.RawValue == String {
        count += 1
        guard count <= Self.maxAugmenters else {
            throw .outOfRange(
                name: place, value: "one augmenter more", allowed: "at most \(Self.maxAugmenters) augmenters in all")
        }
        guard case .list(let parts) = value, parts.count == 1 || parts.count == 2, case .string(let name) = parts[0]
        else {
            throw .illTyped(
                name: place, value: AugmenterArguments.shortened(value),
                expected: "an augmenter as [name, [[argument, value], …]]")
        }
        guard let found = Class.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
            let names = Class.allCases.map(\.rawValue)
            let near = nearestName(to: name, among: names).map { " (did you mean '\($0)'?)" } ?? ""
            throw .outOfRange(
                name: place, value: "'\(name.prefix(100))'", allowed: names.joined(separator: ", ") + near)
        }
        return (
            found,
            try AugmenterArguments(
                parts.count == 2 ? parts[1] : nil, of: found.rawValue, at: place, allowed: arguments(found))
        )
    }

    private mutating func augmenter(_ value: ParameterValue, at place: String) throws(ParameterError) -> Augmenter {
        let (found, arguments) = try entry(value, at: place, of: AugmenterClass.self) { $0.arguments }
        let strengths = 0.0...1000
        switch found {
        case .resize:
            return .resize(
                shorterEdge: try arguments.integer("size", 1...SamplePlanner.maxSide), kernel: try arguments.kernel())
        case .forceResize: return .forceResize(try arguments.size(), kernel: try arguments.kernel())
        case .centerCrop: return .centerCrop(try arguments.size(), kernel: try arguments.kernel())
        case .randomCrop: return .randomCrop(try arguments.size(), kernel: try arguments.kernel())
        case .randomSizedCrop: return try sizedCrop(arguments)
        case .horizontalFlip: return .horizontalFlip(probability: Float(try arguments.number("p", 0...1)))
        case .cast:
            let type = arguments["typ"] ?? .string("float32")
            guard type == .string("float32") else {
                throw .outOfRange(
                    name: "\(place).typ", value: AugmenterArguments.shortened(type),
                    allowed: "float32, which batches are of")
            }
            return .cast
        case .randomOrder: return .randomOrder(try list(try arguments.required("ts"), at: "\(place).ts"))
        case .sequential: return .sequential(try list(try arguments.required("ts"), at: "\(place).ts"))
        case .brightnessJitter: return .brightness(Float(try arguments.number("brightness", strengths)))
        case .contrastJitter: return .contrast(Float(try arguments.number("contrast", strengths)))
        case .saturationJitter: return .saturation(Float(try arguments.number("saturation", strengths)))
        case .colourJitter:
            return .colourJitter(
                brightness: Float(try arguments.number("brightness", strengths)),
                contrast: Float(try arguments.number("contrast", strengths)),
                saturation: Float(try arguments.number("saturation", strengths)))
        case .hueJitter: return .hue(Float(try arguments.number("hue", strengths)))
        case .lighting:
            return .lighting(
                deviation: Float(try arguments.number("alphastd", strengths)),
                values: try AugmenterValues.colour(
                    try arguments.required("eigval"), at: "\(place).eigval", AugmenterValues.means),
                vectors: try AugmenterValues.matrix(try arguments.required("eigvec"), at: "\(place).eigvec"))
        case .colourNormalise:
            let mean = try AugmenterValues.normalisation(
                arguments["mean"] ?? .null, at: "\(place).mean", AugmenterValues.means, imageNet: Augmenter.imageNetMean
            )
            let deviation = try AugmenterValues.normalisation(
                arguments["std"] ?? .null, at: "\(place).std", AugmenterValues.deviations,
                imageNet: Augmenter.imageNetDeviation)
            return .normalise(mean: mean ?? RGB(all: 0), deviation: deviation ?? RGB(all: 1))
        case .randomGray: return .randomGray(probability: Float(try arguments.number("p", 0...1)))
        }
    }

    private func sizedCrop(_ arguments: AugmenterArguments) throws(ParameterError) -> Augmenter {
        var area = arguments["area"]
        // One number is the smallest area; the largest is then all of it.
        switch area {
        case .integer, .number: area = .list([area!, .integer(1)])
        default: break
        }
        guard let area else { throw .missing(name: "\(arguments.place).area", iterator: arguments.name) }
        return .randomSizedCrop(
            try arguments.size(),
            area: try AugmenterValues.interval(area, at: "\(arguments.place).area", 0...1000),
            ratio: try arguments.interval("ratio", AugmenterValues.ratios), kernel: try arguments.kernel())
    }

    private mutating func detectionAugmenter(
        _ value: ParameterValue, at place: String
    ) throws(ParameterError) -> DetectionAugmenter {
        let (found, arguments) = try entry(value, at: place, of: DetectionAugmenterClass.self) { $0.arguments }
        switch found {
        case .borrow:
            return .borrow(try augmenter(try arguments.required("augmenter"), at: "\(place).augmenter"))
        case .randomSelect:
            return .randomSelect(
                try detectionList(try arguments.required("aug_list"), at: "\(place).aug_list"),
                skipProbability: Float(try arguments.number("skip_prob", 0...1, default: 0)))
        case .horizontalFlip: return .horizontalFlip(probability: Float(try arguments.number("p", 0...1)))
        case .randomCrop:
            let standard = BoxedCrop()
            return .randomCrop(
                BoxedCrop(
                    minObjectCovered: Float(
                        try arguments.number(
                            "min_object_covered", -1...1000, default: Double(standard.minObjectCovered))),
                    aspectRatio: try arguments.interval(
                        "aspect_ratio_range", AugmenterValues.ratios, default: standard.aspectRatio),
                    area: try arguments.interval("area_range", AugmenterValues.areas, default: standard.area),
                    minEjectCoverage: Float(
                        try arguments.number(
                            "min_eject_coverage", -1...1000, default: Double(standard.minEjectCoverage))),
                    maxAttempts: try arguments.integer("max_attempts", 0...1000, default: standard.maxAttempts)))
        case .randomPad:
            let standard = BoxedPad()
            let fill = try arguments["pad_val"].map { value throws(ParameterError) in
                try AugmenterValues.colour(value, at: "\(place).pad_val", 0...255)
            }
            return .randomPad(
                BoxedPad(
                    aspectRatio: try arguments.interval(
                        "aspect_ratio_range", AugmenterValues.ratios, default: standard.aspectRatio),
                    area: try arguments.interval("area_range", AugmenterValues.areas, default: standard.area),
                    maxAttempts: try arguments.integer("max_attempts", 0...1000, default: standard.maxAttempts),
                    fill: fill ?? standard.fill))
        }
    }
}
