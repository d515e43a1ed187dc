internal import DataTypes

extension Augmenter {
    /// Refuses what can only fail: resizing an image of numbers with fractions.
    ///
    /// - Parameter isFloat: whether the image may have fractions already; afterwards, whether it may then.
    func checkOrder(_ isFloat: inout Bool, at place: String) throws(ParameterError) {
        switch self {
        case .sequential(let members):
            for (position, member) in members.enumerated() {
                try member.checkOrder(&isFloat, at: "\(place).ts[\(position)]")
            }
        case .randomOrder(let members):
            // Any of them may come first.
            if members.count > 1, members.contains(where: \.makesFractions) { isFloat = true }
            for (position, member) in members.enumerated() {
                try member.checkOrder(&isFloat, at: "\(place).ts[\(position)]")
            }
        case .resize, .forceResize, .randomSizedCrop:
            guard !isFloat else {
                throw .conflict(
                    names: [place],
                    reason: "it would resize values with fractions; put it before CastAug and the colour augmenters")
            }
        default:
            if makesFractions { isFloat = true }
        }
    }

    private var makesFractions: Bool {
        switch self {
        case .sequential(let members), .randomOrder(let members): members.contains(where: \.makesFractions)
        case .resize, .forceResize, .centerCrop, .randomCrop, .randomSizedCrop, .horizontalFlip: false
        default: true
        }
    }
}
