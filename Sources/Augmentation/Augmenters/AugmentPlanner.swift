package import DataTypes
internal import Glibc

/// Decides what a list of augmenters does to an image. One planner serves all workers of a stream.
///
/// Draws have the distributions of MXNet 1.9.1 `python/mxnet/image/image.py`, from numbers keyed by the sample instead of
/// Python's generator.
package struct AugmentPlanner: Sendable {
    package let augmenters: [Augmenter]
    /// What every image must be in the end.
    package let width: Int
    package let height: Int
    /// No step may make an image of more pixels.
    package let maxPixels: Int
    /// All steps together may compute so many times `maxPixels`: a worker is busy with one sample for seconds, not for minutes.
    static let workFactor = 4

    package init(_ augmenters: [Augmenter], width: Int, height: Int, maxPixels: Int = 64 << 20) {
        self.augmenters = augmenters
        self.width = width
        self.height = height
        self.maxPixels = maxPixels
    }

    /// Decides everything about one sample.
    ///
    /// - Parameters:
    ///   - width: of the decoded image in pixels.
    ///   - height: likewise.
    ///   - plan: filled anew.
    ///   - random: numbers of this sample alone.
    /// - Complexity: proportional to the list; allocates nothing once the plan has grown.
    package func plan(
        width: Int, height: Int, into plan: inout AugmentPlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        try begin(width: width, height: height, &plan)
        for augmenter in augmenters { try apply(augmenter, to: &plan, random: &random) }
        try finish(plan)
    }

    func begin(width: Int, height: Int, _ plan: inout AugmentPlan) throws(AugmentationError) {
        try check(width: width, height: height, step: "decoding")
        plan.begin(width: width, height: height)
    }

    func finish(_ plan: borrowing AugmentPlan) throws(AugmentationError) {
        guard plan.width == width, plan.height == height else {
            throw .otherSize(width: plan.width, height: plan.height, shapeWidth: width, shapeHeight: height)
        }
        let (pixels, limit) = (plan.computedPixels, Self.workFactor * maxPixels)
        guard pixels <= limit else { throw .tooMuchWork(pixels: pixels, maxPixels: limit) }
    }

    func check(width: Int, height: Int, step: String) throws(AugmentationError) {
        try SamplePlanner.check(width: width, height: height, step: step, maxPixels: maxPixels)
    }

    func apply(
        _ augmenter: Augmenter, to plan: inout AugmentPlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        switch augmenter {
        case .resize(let edge, let kernel):
            let size = SamplePlanner.size(shorterEdge: edge, of: (width: plan.width, height: plan.height))
            try resize(to: size, kernel, step: "ResizeAug", &plan, random: &random)
        case .forceResize(let size, let kernel):
            try resize(to: (size.width, size.height), kernel, step: "ForceResizeAug", &plan, random: &random)
        case .centerCrop(let size, let kernel):
            try crop(size, kernel, at: nil, step: "CenterCropAug", &plan, random: &random)
        case .randomCrop(let size, let kernel):
            try randomCrop(size, kernel, &plan, random: &random)
        case .randomSizedCrop(let size, let area, let ratio, let kernel):
            try sizedCrop(size, area: area, ratio: ratio, kernel, &plan, random: &random)
        case .horizontalFlip(let probability):
            if random.unit() < probability { plan.steps.append(.mirror) }
        case .cast:
            plan.isFloat = true
        case .sequential(let members):
            for member in members { try apply(member, to: &plan, random: &random) }
        case .randomOrder(let members):
            try inRandomOrder(members, &plan, random: &random)
        case .brightness, .contrast, .saturation, .hue, .lighting, .normalise, .randomGray:
            planColour(augmenter, &plan, random: &random)
        }
    }

    private func inRandomOrder(
        _ members: [Augmenter], _ plan: inout AugmentPlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        let first = plan.orders.count
        for position in members.indices { plan.orders.append(position) }
        for position in members.indices.dropFirst() {
            plan.orders.swapAt(first + position, first + random.integer(0, position))
        }
        // Lists inside this one put their order behind it, and take it away again.
        for position in members.indices {
            try apply(members[plan.orders[first + position]], to: &plan, random: &random)
        }
        plan.orders.removeLast(members.count)
    }

    /// Colour augmenters, all of which need fractions.
    private func planColour(_ augmenter: Augmenter, _ plan: inout AugmentPlan, random: inout KeyedRandom) {
        plan.isFloat = true
        switch augmenter {
        case .brightness(let limit): plan.steps.append(.scale(1 + random.uniform(-limit, limit)))
        case .contrast(let limit): plan.steps.append(.contrast(factor: 1 + random.uniform(-limit, limit)))
        case .saturation(let limit): plan.steps.append(.saturation(factor: 1 + random.uniform(-limit, limit)))
        case .hue(let limit): plan.steps.append(.mix(ColourMatrix(hueTurn: random.uniform(-limit, limit))))
        case .lighting(let deviation, let basis):
            let (first, second) = SamplePlanner.normalPair(random: &random)
            let (third, _) = SamplePlanner.normalPair(random: &random)
            plan.steps.append(.offset(basis.apply(RGB(first * deviation, second * deviation, third * deviation))))
        case .normalise(let mean, let deviation): plan.steps.append(.normalise(mean: mean, deviation: deviation))
        case .randomGray(let probability):
            if random.unit() < probability { plan.steps.append(.mix(.gray)) }
        default: preconditionFailure("not a colour augmenter")
        }
    }
}
