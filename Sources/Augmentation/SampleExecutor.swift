package import DataTypes

/// Carries out sample plans: pixels in, a finished sample in its slot out.
///
/// One decode worker owns one and uses it for all streams. It keeps its scratch images, so nothing is allocated for a
/// sample once the largest has been seen; and nothing of one sample can be seen in the next.
///
/// Every step computes only what the next ones read, and the last exactly the crop. The usual plan has a single step, a
/// linear resize: it goes from the decoded rows straight into the slot, and no image lies between.
package struct SampleExecutor: ~Copyable {
    /// A step that makes a new image out of an old one.
    enum Step {
        case resize(SamplePlan.Resize)
        case affine(SamplePlan.Affine, fill: UInt8)
        case pad(PixelBorder, fill: UInt8)
        case copy
    }

    /// The image after the steps done so far.
    struct Current {
        enum Place { case source, first, second }
        var place = Place.source
        /// The whole image, though not all of it need exist.
        var size: PixelRect
        /// The part of it that the buffer holds; while it is the source, in pixels of the source.
        var window: PixelRect
        /// By what the sides of the source were divided when it was decoded. Only a resize reads a reduced one.
        var reduction = 1
        /// A resize that is not done yet. `size` and `window` are those after it, `place` is where its source lies.
        var waiting: Waiting?
    }

    /// A resize put off until it is known what comes next.
    struct Waiting {
        var resize: SamplePlan.Resize
        /// The part of its source's buffer that is resized, and what that buffer holds.
        var part: PixelRect
        var sourceWindow: PixelRect
    }

    private var resampler = Resampler()
    private var warp = WarpAffine()
    private var writer: SlotWriter
    /// The first step's result is always here.
    var first = PixelBuffer()
    var second = PixelBuffer()
    /// For steps that need fractions.
    var planes = FloatPlanes()

    package init(kernels: RowKernels = .best) { writer = SlotWriter(kernels: kernels) }

    /// Carries out one plan.
    ///
    /// - Parameters:
    ///   - source: the image decoded at the plan's reduction, or the window of it at `origin`, which must hold
    ///     `plan.neededSource`.
    ///   - origin: where in the decoded image `source` begins.
    ///   - slot: exactly one sample of `output.format`. Every byte is written, or none when this throws.
    package mutating func run(
        _ plan: SamplePlan, source: borrowing PixelBuffer, origin: (x: Int, y: Int) = (0, 0), output: SampleOutput,
        into slot: inout MutableRawSpan
    ) throws(AugmentationError) {
        let needed = plan.needed
        let whole = PixelRect(width: plan.sourceWidth, height: plan.sourceHeight)
        try Self.check(
            whole.reduced(by: plan.reduction), needed: plan.neededSource, source: source, origin: origin, output: output
        )
        let (width, height) = plan.cropResize.map { ($0.width, $0.height) } ?? (plan.crop.width, plan.crop.height)
        precondition(
            width == output.format.width && height == output.format.height,
            "the plan was made for another data_shape than the output")
        var current = Current(
            size: whole, window: PixelRect(x: origin.x, y: origin.y, width: source.width, height: source.height),
            reduction: plan.reduction)
        if let resize = plan.resize { postpone(resize, needed.resized, source, &current) }
        if let affine = plan.affine { perform(.affine(affine, fill: plan.fillValue), needed.warped, source, &current) }
        if plan.pad > 0 {
            perform(.pad(PixelBorder(all: plan.pad), fill: plan.fillValue), needed.padded, source, &current)
        }
        if let resize = plan.heightEnlargement { postpone(resize, needed.enlarged, source, &current) }
        if let resize = plan.widthEnlargement { postpone(resize, plan.crop, source, &current) }
        var crop = plan.crop
        if let resize = plan.cropResize {
            let result = PixelRect(width: resize.width, height: resize.height)
            postpone(resize, of: crop, result, source, &current)
            crop = result
        }
        if plan.jitter != nil || plan.hlsShift != nil || plan.noise != nil {
            settle(source, &current)
            if current.place == .source {
                let result = PixelRect(width: crop.width, height: crop.height)
                perform(.copy, of: crop, result, source, &current)
                crop = result
            }
            if current.place == .first { Self.colour(plan, on: &first) } else { Self.colour(plan, on: &second) }
        }
        write(source, current, crop, plan, output, &slot)
    }

    /// Whether `source`, which begins at `origin` of an image of `size`, is a window of it and holds what is needed.
    static func check(
        _ size: PixelRect, needed: PixelRect, source: borrowing PixelBuffer, origin: (x: Int, y: Int),
        output: SampleOutput
    ) throws(AugmentationError) {
        guard source.channels == output.format.channels else {
            throw .channelMismatch(image: source.channels, shape: output.format.channels)
        }
        let inWindow = PixelRect(
            x: needed.x - origin.x, y: needed.y - origin.y, width: needed.width, height: needed.height)
        let window = PixelRect(x: origin.x, y: origin.y, width: source.width, height: source.height)
        guard inWindow.isInside(width: source.width, height: source.height),
            window.isInside(width: size.width, height: size.height)
        else {
            throw .sourceMismatch(
                width: source.width, height: source.height, plannedWidth: size.width, plannedHeight: size.height)
        }
    }

    /// Does one step on the current image, or on `part` of it as if cut out, and keeps only `rect` of the result.
    mutating func perform(
        _ step: Step, of part: PixelRect? = nil, _ rect: PixelRect, _ source: borrowing PixelBuffer,
        _ current: inout Current
    ) {
        settle(source, &current)
        let part = part ?? current.size
        perform(step, window: current.window, part, rect, source, &current)
        current.size = Self.size(after: step, of: part)
        current.window = rect
    }

    /// Like `perform`, but the resize is only noted: the next step, or `settle`, does it. If that is `write`, and the kernel
    /// allows it, then it goes straight into the slot.
    mutating func postpone(
        _ resize: SamplePlan.Resize, of part: PixelRect? = nil, _ rect: PixelRect, _ source: borrowing PixelBuffer,
        _ current: inout Current
    ) {
        settle(source, &current)
        let part = part ?? current.size
        current.waiting = Waiting(resize: resize, part: part, sourceWindow: current.window)
        current.size = PixelRect(width: resize.width, height: resize.height)
        current.window = rect
    }

    /// Does the resize that waits, if any: only then does the buffer at `current.place` hold what `current` says.
    mutating func settle(_ source: borrowing PixelBuffer, _ current: inout Current) {
        guard let waiting = current.waiting else { return }
        current.waiting = nil
        perform(
            .resize(waiting.resize), window: waiting.sourceWindow, waiting.part, current.window, source, &current)
    }

    private mutating func perform(
        _ step: Step, window: PixelRect, _ part: PixelRect, _ rect: PixelRect, _ source: borrowing PixelBuffer,
        _ current: inout Current
    ) {
        switch current.place {
        case .source:
            Self.perform(
                step, source, reduction: current.reduction, window: window, part, rect, &resampler, &warp, into: &first)
            current.place = .first
        case .first:
            Self.perform(step, first, window: window, part, rect, &resampler, &warp, into: &second)
            current.place = .second
        case .second:
            Self.perform(step, second, window: window, part, rect, &resampler, &warp, into: &first)
            current.place = .first
        }
    }

    private static func size(after step: Step, of image: PixelRect) -> PixelRect {
        switch step {
        case .resize(let resize): PixelRect(width: resize.width, height: resize.height)
        case .affine(let affine, _): PixelRect(width: affine.width, height: affine.height)
        case .pad(let border, _):
            PixelRect(
                width: image.width + border.left + border.right, height: image.height + border.top + border.bottom)
        case .copy: PixelRect(width: image.width, height: image.height)
        }
    }

    private static func perform(
        _ step: Step, _ source: borrowing PixelBuffer, reduction: Int = 1, window: PixelRect, _ part: PixelRect,
        _ rect: PixelRect, _ resampler: inout Resampler, _ warp: inout WarpAffine, into destination: inout PixelBuffer
    ) {
        if case .resize = step {} else { precondition(reduction == 1, "only a resize reads a reduced image") }
        let channels = source.channels
        unsafe source.withUnsafeBytes { bytes in
            // The view lives inside the closure, as long as the memory is lent.
            let view = unsafe SourceView(
                bytes, window: window, channels: channels, part: part, reduction: reduction)
            switch step {
            case .resize(let resize):
                resampler.resample(
                    view, width: resize.width, height: resize.height, rect: rect, kernel: resize.kernel,
                    into: &destination)
            case .affine(let affine, let fill):
                warp.run(view, affine: affine, fill: fill, rect: rect, into: &destination)
            case .pad(let border, let fill):
                PadBorder.run(view, border: border, fill: fill, rect: rect, into: &destination)
            case .copy: CropKernel.copy(view, rect: rect, into: &destination)
            }
        }
    }

    private static func colour(_ plan: SamplePlan, on image: inout PixelBuffer) {
        if let jitter = plan.jitter { ColourJitter.run(jitter, on: &image) }
        if let shift = plan.hlsShift { HLSShift.run(shift, on: &image) }
        if let noise = plan.noise { PCANoise.run(noise, on: &image) }
    }

    /// The last step: normalises the part `crop` of the current image into the slot.
    mutating func write(
        _ source: borrowing PixelBuffer, _ current: Current, _ crop: PixelRect, _ plan: SamplePlan,
        _ output: SampleOutput, _ slot: inout MutableRawSpan
    ) {
        var current = current
        if let waiting = current.waiting {
            let (resize, part) = (waiting.resize, waiting.part)
            let reduction = current.place == .source ? current.reduction : 1
            if !Resampler.canPass(
                resize.kernel, from: part, reduction: reduction, to: (resize.width, resize.height))
            {
                settle(source, &current)
            }
        }
        switch current.place {
        case .source:
            Self.write(source, reduction: current.reduction, current, crop, plan, output, &resampler, &writer, &slot)
        case .first: Self.write(first, current, crop, plan, output, &resampler, &writer, &slot)
        case .second: Self.write(second, current, crop, plan, output, &resampler, &writer, &slot)
        }
    }

    private static func write(
        _ image: borrowing PixelBuffer, reduction: Int = 1, _ current: Current, _ crop: PixelRect, _ plan: SamplePlan,
        _ output: SampleOutput, _ resampler: inout Resampler, _ writer: inout SlotWriter, _ slot: inout MutableRawSpan
    ) {
        precondition(reduction == 1 || current.waiting != nil, "only a resize reads a reduced image")
        let channels = image.channels
        unsafe image.withUnsafeBytes { bytes in
            guard let waiting = current.waiting else {
                // As in `perform`.
                let view = unsafe SourceView(bytes, window: current.window, channels: channels, part: crop)
                let whole = PixelRect(width: crop.width, height: crop.height)
                writer.write(view, rect: whole, plan: plan, output: output, to: &slot)
                return
            }
            // As in `perform`.
            let view = unsafe SourceView(
                bytes, window: waiting.sourceWindow, channels: channels, part: waiting.part, reduction: reduction)
            writer.write(plan: plan, output: output, to: &slot) { rows in
                resampler.resample(
                    view, width: waiting.resize.width, height: waiting.resize.height, rect: crop,
                    kernel: waiting.resize.kernel, isMirrored: plan.isMirrored, to: rows)
            }
        }
    }
}
