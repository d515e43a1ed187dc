internal import DataTypes
internal import Glibc

extension SamplePlanner {
    /// Brightness, contrast and saturation; then hue, lightness and saturation; then noise.
    ///
    /// Follows MXNet 1.9.1 `src/io/image_aug_default.cc`.
    func planColour(plan: inout SamplePlan, random: inout KeyedRandom) {
        if parameters.hasJitter { plan.jitter = jitter(random: &random) }
        if parameters.hasHLSShift { plan.hlsShift = hlsShift(random: &random) }
        if parameters.pcaNoise > 0 { plan.noise = noise(random: &random) }
    }

    private func jitter(random: inout KeyedRandom) -> SamplePlan.Jitter {
        let brightness = 1 + random.uniform(-parameters.brightness, parameters.brightness)
        let contrast = 1 + random.uniform(-parameters.contrast, parameters.contrast)
        let saturation = 1 + random.uniform(-parameters.saturation, parameters.saturation)
        var order: [3 of SamplePlan.Jitter.Operation] = [.brightness, .contrast, .saturation]
        for index in 1...2 { order.swapAt(index, random.integer(0, index)) }
        return SamplePlan.Jitter(
            brightness: brightness, contrast: contrast, saturation: saturation, first: order[0], second: order[1],
            third: order[2])
    }

    private func hlsShift(random: inout KeyedRandom) -> SamplePlan.HLSShift {
        // MXNet adds two uniform numbers of unequal weight, which makes the largest shifts rare.
        func shift(_ limit: Float) -> Int {
            var value = random.unit()
            value += 4 * random.unit()
            value /= 5
            return Int(value * limit * 2 - limit)
        }
        // A full turn of the hue is 180 units.
        let hue = shift(parameters.hue > 0 ? parameters.hue * 180 : Float(parameters.hueShift))
        let saturation = shift(Float(parameters.saturationShift))
        let lightness = shift(Float(parameters.lightnessShift))
        return SamplePlan.HLSShift(
            hue: hue, lightness: lightness, saturation: saturation, wrapsHue: parameters.hue > 0)
    }

    private func noise(random: inout KeyedRandom) -> SamplePlan.Noise {
        let (first, second) = Self.normalPair(random: &random)
        let (third, _) = Self.normalPair(random: &random)
        let r = first * parameters.pcaNoise
        let g = second * parameters.pcaNoise
        let b = third * parameters.pcaNoise
        // Eigenvectors of ImageNet's colours times the roots of their eigenvalues, red, green and blue row.
        return SamplePlan.Noise(
            red: 55.46 * -0.5675 * r + 4.794 * 0.7192 * g + 1.148 * 0.4009 * b,
            green: 55.46 * -0.5808 * r + 4.794 * -0.0045 * g + 1.148 * -0.8140 * b,
            blue: 55.46 * -0.5836 * r + 4.794 * -0.6948 * g + 1.148 * 0.4203 * b)
    }

    /// Two independent standard normal numbers (Marsaglia's polar method).
    static func normalPair(random: inout KeyedRandom) -> (Float, Float) {
        while true {
            let x = 2 * random.unit() - 1
            let y = 2 * random.unit() - 1
            let square = x * x + y * y
            guard square > 0, square <= 1 else { continue }
            let factor = (-2 * logf(square) / square).squareRoot()
            return (y * factor, x * factor)
        }
    }
}
