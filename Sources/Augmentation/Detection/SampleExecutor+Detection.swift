package import DataTypes

extension SampleExecutor {
    /// Carries out the plan of an image with objects.
    ///
    /// - Parameters:
    ///   - source: the image decoded at the plan's reduction, or the window of it at `origin`, which must hold
    ///     `plan.neededSource`.
    ///   - origin: where in the decoded image `source` begins.
    ///   - slot: exactly one sample of `output.format`. Every byte is written, or none when this throws.
    package mutating func run(
        _ plan: DetectionPlan, source: borrowing PixelBuffer, origin: (x: Int, y: Int) = (0, 0), output: SampleOutput,
        into slot: inout MutableRawSpan
    ) throws(AugmentationError) {
        let whole = PixelRect(width: plan.sourceWidth, height: plan.sourceHeight)
        try Self.check(
            whole.reduced(by: plan.reduction), needed: plan.neededSource, source: source, origin: origin, output: output
        )
        var current = Current(
            size: whole, window: PixelRect(x: origin.x, y: origin.y, width: source.width, height: source.height),
            reduction: plan.reduction)

        // Only what the crop shows is worked on; it lies elsewhere before the image is mirrored.
        let (visible, before) = plan.visible
        let isChanged = plan.isMirrored || plan.hlsShift != nil || plan.contrast != nil
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
}
