package import DataTypes

extension SampleExecutor {
    /// Carries out the plan of an image with objects.
    ///
    /// - Parameters:
    ///   - source: the decoded image.
    ///   - slot: exactly one sample of `output.format`. Every byte is written, or none when this throws.
    package mutating func run(
        _ plan: DetectionPlan, source: borrowing PixelBuffer, output: SampleOutput, into slot: inout MutableRawSpan
    ) throws(AugmentationError) {
        let whole = PixelRect(width: plan.sourceWidth, height: plan.sourceHeight)
        try Self.check(source, isWhole: whole, output: output)
        var current = Current(size: whole, window: whole)
        let size = plan.resize.map { PixelRect(width: $0.width, height: $0.height) } ?? whole

        // Only what the crop shows is worked on; it lies elsewhere before the image is mirrored.
        let visible = plan.border.map { SamplePlan.clamp(plan.crop, by: $0, to: size) } ?? plan.crop
        let isChanged = plan.isMirrored || plan.hlsShift != nil || plan.contrast != nil
        var before = visible
        if plan.isMirrored { before.x = size.width - visible.x - visible.width }
        if let resize = plan.resize {
            perform(.resize(resize), before, source, &current)
        } else if isChanged {
            perform(.copy, before, source, &current)
        }
        if isChanged {
            // The first step always writes the first buffer.
            if let shift = plan.hlsShift { HLSShift.run(shift, on: &first) }
            if let factor = plan.contrast { ColourJitter.mapValues(&first, factor: factor, offset: 0) }
            if plan.isMirrored { MirrorKernel.run(&first) }
            current.window = visible
        }
        if let border = plan.border { perform(.pad(border, fill: plan.fillValue), plan.crop, source, &current) }

        var part = plan.crop
        if let fit = plan.fit {
            let result = PixelRect(width: fit.width, height: fit.height)
            postpone(fit, of: part, result, source, &current)
            part = result
        }
        let canvas = PixelRect(width: output.format.width, height: output.format.height)
        if part.width < canvas.width || part.height < canvas.height {
            let border = PixelBorder(
                left: 0, top: 0, right: canvas.width - part.width, bottom: canvas.height - part.height)
            perform(.pad(border, fill: 0), of: part, canvas, source, &current)
            part = canvas
        }
        let last = SamplePlan(sourceWidth: plan.sourceWidth, sourceHeight: plan.sourceHeight, crop: part)
        write(source, current, part, last, output, &slot)
    }

    private static func check(
        _ source: borrowing PixelBuffer, isWhole whole: PixelRect, output: SampleOutput
    ) throws(AugmentationError) {
        guard source.channels == output.format.channels else {
            throw .channelMismatch(image: source.channels, shape: output.format.channels)
        }
        guard source.width == whole.width, source.height == whole.height else {
            throw .sourceMismatch(
                width: source.width, height: source.height, plannedWidth: whole.width, plannedHeight: whole.height)
        }
    }
}
