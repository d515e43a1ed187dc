package import DataTypes

extension AugmentPlanner {
    /// Decides everything about one sample with objects.
    ///
    /// - Parameters:
    ///   - augmenters: take the place of the planner's own.
    ///   - labels: of the image; afterwards of the sample.
    package func plan(
        _ augmenters: [DetectionAugmenter], width: Int, height: Int, labels: inout ObjectLabels,
        into plan: inout AugmentPlan, random: inout KeyedRandom
    ) throws(AugmentationError) {
        try begin(width: width, height: height, &plan)
        for augmenter in augmenters { try apply(augmenter, to: &plan, &labels, random: &random) }
        try finish(plan)
        guard (0..<labels.objectCount).contains(where: { labels.hasClassAndArea($0) }) else { throw .noObject }
    }

    private func apply(
        _ augmenter: DetectionAugmenter, to plan: inout AugmentPlan, _ labels: inout ObjectLabels,
        random: inout KeyedRandom
    ) throws(AugmentationError) {
        switch augmenter {
        case .borrow(let augmenter):
            try apply(augmenter, to: &plan, random: &random)
        case .randomSelect(let members, let skipProbability):
            // Both numbers are drawn whatever comes of them.
            let isSkipped = random.unit() < skipProbability
            let chosen = random.integer(0, members.count - 1)
            if !isSkipped, !members.isEmpty { try apply(members[chosen], to: &plan, &labels, random: &random) }
        case .horizontalFlip(let probability):
            guard random.unit() < probability else { return }
            plan.steps.append(.mirror)
            labels.mirror()
        case .randomCrop(let crop):
            if let rect = crop.choose(from: (plan.width, plan.height), &labels, random: &random) { plan.crop(rect) }
        case .randomPad(let pad):
            let size = (width: plan.width, height: plan.height)
            guard let border = pad.choose(around: size, random: &random) else { return }
            let width = size.width + border.left + border.right
            let height = size.height + border.top + border.bottom
            try check(width: width, height: height, step: "DetRandomPadAug")
            plan.steps.append(.border(border, fill: pad.fill))
            (plan.width, plan.height) = (width, height)
            labels.surround(by: border, of: size)
        }
    }
}
