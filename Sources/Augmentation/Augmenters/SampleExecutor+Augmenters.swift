package import DataTypes

extension SampleExecutor {
    /// Carries out the plan of a list of augmenters.
    ///
    /// Sizes and crops work on bytes, just as they do for the record iterators. The first colour step, or resize behind a
    /// cast, makes planes of numbers with fractions; without one, casting, normalising, mirroring and laying out are a
    /// single pass.
    ///
    /// - Parameters:
    ///   - source: the decoded image, or the window of it at `origin`, three channels, blue first; a window must hold
    ///     `plan.neededSource`.
    ///   - origin: where in the decoded image `source` begins.
    ///   - output: of `Float` planes; its normalisation is not used.
    ///   - slot: exactly one sample of `output.format`. Every byte is written, or none when this throws.
    package mutating func run(
        _ plan: borrowing AugmentPlan, source: borrowing PixelBuffer, origin: (x: Int, y: Int) = (0, 0),
        output: SampleOutput, into slot: inout MutableRawSpan
    ) throws(AugmentationError) {
        precondition(output.format.channels == 3)
        let whole = PixelRect(width: plan.sourceWidth, height: plan.sourceHeight)
        try Self.check(whole, needed: plan.neededSource, source: source, origin: origin, output: output)
        precondition(output.format.width == plan.width && output.format.height == plan.height)
        let window = PixelRect(x: origin.x, y: origin.y, width: source.width, height: source.height)
        var state = AugmentState(current: Current(size: whole, window: window), part: ImagePart(rect: whole))
        var next = 0
        while next < plan.steps.count, performOnBytes(plan.steps[next], source, &state) { next += 1 }

        if let normalisation = Self.normalisation(plan.steps[next...], &state) {
            var output = output
            output.normalisation = normalisation
            var last = SamplePlan(sourceWidth: whole.width, sourceHeight: whole.height, crop: state.part.rect)
            last.isMirrored = state.part.isMirrored
            write(source, state.current, state.part.rect, last, output, &slot)
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
        var part: ImagePart
    }

    /// - Returns: false, with nothing done, for a step that needs fractions.
    private mutating func performOnBytes(
        _ step: AugmentStep, _ source: borrowing PixelBuffer, _ state: inout AugmentState
    ) -> Bool {
        switch step {
        case .mirror: state.part.isMirrored.toggle()
        case .crop(let inner): state.part.crop(inner)
        case .resize(let resize, let wanted): performResize(resize, wanted, source, &state)
        case .border(let border, let fill):
            var border = border
            if state.part.isMirrored { swap(&border.left, &border.right) }
            let canvas = PixelRect(
                width: state.part.rect.width + border.left + border.right,
                height: state.part.rect.height + border.top + border.bottom)
            perform(.pad(border, fill: UInt8(fill.red)), of: state.part.rect, canvas, source, &state.current)
            if fill != RGB(all: fill.red) { edit(state.current) { BorderPaint.run(border, fill, on: &$0) } }
            state.part.rect = canvas
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
        // A kernel need not be symmetric either.
        if isReversed || state.part.isMirrored {
            makeOwn(SamplePlan.source(of: wanted, from: state.part.size, step: resize), source, &state)
            if isReversed { edit(state.current) { Self.reverseColours(&$0) } }
        }
        perform(.resize(resize), of: state.part.rect, wanted, source, &state.current)
        if isReversed { edit(state.current) { Self.reverseColours(&$0) } }
        state.part.rect = wanted
    }

    /// Moves `needed` of the image to a buffer of our own, and mirrors it if it is to be seen mirrored.
    private mutating func makeOwn(
        _ needed: PixelRect, _ source: borrowing PixelBuffer, _ state: inout AugmentState
    ) {
        var inner = state.part
        inner.crop(needed)
        perform(.copy, inner.rect, source, &state.current)
        if state.part.isMirrored { edit(state.current) { MirrorKernel.run(&$0) } }
        // What is in memory is the part alone from now on, of which the buffer holds what is needed.
        state.part = ImagePart(rect: state.part.size)
        state.current.size = state.part.rect
        state.current.window = needed
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
            case .mirror: end.part.isMirrored.toggle()
            case .crop(let inner): end.part.crop(inner)
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
            let view = unsafe SourceView(bytes, window: state.current.window, channels: 3, part: state.part.rect)
            planes.load(view, rect: state.part.size, isMirrored: state.part.isMirrored)
        }
    }
}
