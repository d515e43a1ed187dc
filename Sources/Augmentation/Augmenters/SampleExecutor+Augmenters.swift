package import DataTypes

extension SampleExecutor {
    /// Carries out the plan of a list of augmenters.
    ///
    /// Sizes and crops work on bytes, just as they do for the record iterators. The first colour step makes planes of numbers
    /// with fractions; without one, casting, normalising, mirroring and laying out are a single pass.
    ///
    /// - Parameters:
    ///   - source: the decoded image, three channels, blue first.
    ///   - output: of `Float` planes; its normalisation is not used.
    ///   - slot: exactly one sample of `output.format`. Every byte is written, or none when this throws.
    package mutating func run(
        _ plan: borrowing AugmentPlan, source: borrowing PixelBuffer, output: SampleOutput,
        into slot: inout MutableRawSpan
    ) throws(AugmentationError) {
        guard source.channels == 3, output.format.channels == 3 else {
            throw .channelMismatch(image: source.channels, shape: output.format.channels)
        }
        let whole = PixelRect(width: plan.sourceWidth, height: plan.sourceHeight)
        guard source.width == whole.width, source.height == whole.height else {
            throw .sourceMismatch(
                width: source.width, height: source.height, plannedWidth: whole.width, plannedHeight: whole.height)
        }
        precondition(output.format.width == plan.width && output.format.height == plan.height)
        var state = AugmentState(current: Current(size: whole, window: whole), rect: whole, isMirrored: false)
        var next = 0
        while next < plan.steps.count, performOnBytes(plan.steps[next], source, &state) { next += 1 }

        if let normalisation = Self.normalisation(plan.steps[next...], &state) {
            var output = output
            output.normalisation = normalisation
            var last = SamplePlan(sourceWidth: whole.width, sourceHeight: whole.height, crop: state.rect)
            last.isMirrored = state.isMirrored
            write(source, state.current, state.rect, last, output, &slot)
            return
        }
        switch state.current.place {
        case .source: Self.load(source, state, into: &planes)
        case .first: Self.load(first, state, into: &planes)
        case .second: Self.load(second, state, into: &planes)
        }
        for step in plan.steps[next...] { planes.run(step) }
        planes.write(to: &slot)
    }

    /// Where the image is while it still consists of bytes.
    private struct AugmentState {
        var current: Current
        /// The image, in the coordinates of the current one.
        var rect: PixelRect
        /// The image is what `rect` holds with left and right exchanged.
        var isMirrored: Bool

        mutating func crop(_ part: PixelRect) {
            rect.x += isMirrored ? rect.width - part.x - part.width : part.x
            rect.y += part.y
            (rect.width, rect.height) = (part.width, part.height)
        }
    }

    /// - Returns: false, with nothing done, for a step that needs fractions.
    private mutating func performOnBytes(
        _ step: AugmentStep, _ source: borrowing PixelBuffer, _ state: inout AugmentState
    ) -> Bool {
        switch step {
        case .mirror: state.isMirrored.toggle()
        case .crop(let part): state.crop(part)
        case .resize(let resize, let wanted):
            // A kernel need not be symmetric.
            if state.isMirrored {
                makeOwn(source, &state)
                edit(state.current) { MirrorKernel.run(&$0) }
                state.isMirrored = false
            }
            performResize(resize, wanted, source, &state)
        case .border(let border, let fill):
            var border = border
            if state.isMirrored { swap(&border.left, &border.right) }
            let canvas = PixelRect(
                width: state.rect.width + border.left + border.right,
                height: state.rect.height + border.top + border.bottom)
            perform(.pad(border, fill: UInt8(fill.red)), of: state.rect, canvas, source, &state.current)
            if fill != RGB(all: fill.red) { edit(state.current) { BorderPaint.run(border, fill, on: &$0) } }
            state.rect = canvas
        default: return false
        }
        return true
    }

    private mutating func performResize(
        _ resize: SamplePlan.Resize, _ wanted: PixelRect, _ source: borrowing PixelBuffer, _ state: inout AugmentState
    ) {
        // MXNet resizes red, green, blue here and not the reverse. That matters only to the cubic kernel, which rounds the
        // last values of a row otherwise when their number is no multiple of 8.
        let exactValues = 3 * resize.width / 8 * 8
        let isReversed = resize.kernel == .cubic && 3 * (wanted.x + wanted.width) > exactValues
        if isReversed {
            makeOwn(source, &state)
            edit(state.current) { Self.reverseColours(&$0) }
        }
        perform(.resize(resize), of: state.rect, wanted, source, &state.current)
        if isReversed { edit(state.current) { Self.reverseColours(&$0) } }
        state.rect = wanted
    }

    /// Moves the image to a buffer of our own.
    private mutating func makeOwn(_ source: borrowing PixelBuffer, _ state: inout AugmentState) {
        let image = PixelRect(width: state.rect.width, height: state.rect.height)
        perform(.copy, of: state.rect, image, source, &state.current)
        state.rect = image
    }

    /// Changes the current image, which is in a buffer of our own.
    private mutating func edit(_ current: Current, _ body: (inout PixelBuffer) -> Void) {
        if current.place == .first { body(&first) } else { body(&second) }
    }

    private static func reverseColours(_ image: inout PixelBuffer) {
        var pixels = image.mutablePixels
        for start in stride(from: 0, to: pixels.count, by: 3) { pixels.swapAt(start, start + 2) }
    }

    /// What is left to do when it is no more than to mirror, to crop and to normalise once; nil otherwise.
    private static func normalisation(_ steps: ArraySlice<AugmentStep>, _ state: inout AugmentState) -> Normalisation? {
        var result = Normalisation(formula: .detection)
        var end = state
        var isNormalised = false
        for step in steps {
            switch step {
            case .mirror: end.isMirrored.toggle()
            case .crop(let part): end.crop(part)
            case .normalise(let mean, let deviation) where !isNormalised:
                result.mean = [mean.red, mean.green, mean.blue, 0]
                result.deviation = [deviation.red, deviation.green, deviation.blue, 1]
                isNormalised = true
            default: return nil
            }
        }
        state = end
        return result
    }

    private static func load(_ image: borrowing PixelBuffer, _ state: AugmentState, into planes: inout FloatPlanes) {
        unsafe image.withUnsafeBytes { bytes in
            // The view lives inside the closure, as long as the memory is lent.
            let view = unsafe SourceView(bytes, window: state.current.window, channels: 3, part: state.rect)
            planes.load(
                view, rect: PixelRect(width: state.rect.width, height: state.rect.height), isMirrored: state.isMirrored)
        }
    }
}
