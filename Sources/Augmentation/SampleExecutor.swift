package import DataTypes

/// Carries out sample plans: pixels in, a finished sample in its slot out.
///
/// One decode worker owns one and uses it for all streams. It keeps its scratch images, so nothing is allocated for a
/// sample once the largest has been seen; and nothing of one sample can be seen in the next.
///
/// The last geometric step computes the crop and no pixel outside it. The usual plan has only that one step: resize,
/// crop, mirror and normalise then touch no image larger than the sample.
package struct SampleExecutor: ~Copyable {
    /// A step that makes a new image out of an old one.
    private enum Step {
        case resize(SamplePlan.Resize)
        case affine(SamplePlan.Affine, fill: UInt8)
        case pad(Int, fill: UInt8)
        case copy
    }

    /// Where the image is after the steps done so far.
    private enum Place { case source, first, second }

    private var resampler = Resampler()
    private var warp = WarpAffine()
    private var writer = SlotWriter()
    private var first = PixelBuffer()
    private var second = PixelBuffer()

    package init() {}

    /// Carries out one plan.
    ///
    /// - Parameters:
    ///   - source: the decoded image, or the window of it at `origin`; a window must hold `plan.neededSource`.
    ///   - origin: where in the decoded image `source` begins.
    ///   - slot: exactly one sample of `output.format`. Every byte is written, or none when this throws.
    package mutating func run(
        _ plan: SamplePlan, source: borrowing PixelBuffer, origin: (x: Int, y: Int) = (0, 0), output: SampleOutput,
        into slot: inout MutableRawSpan
    ) throws(AugmentationError) {
        try Self.check(plan, source: source, origin: origin, output: output)
        let window = PixelRect(x: origin.x, y: origin.y, width: source.width, height: source.height)
        var place = Place.source
        let steps: [5 of Step?] = [
            plan.resize.map { .resize($0) }, plan.affine.map { .affine($0, fill: plan.fillValue) },
            plan.pad > 0 ? .pad(plan.pad, fill: plan.fillValue) : nil, plan.heightEnlargement.map { .resize($0) },
            plan.widthEnlargement.map { .resize($0) },
        ]
        var size = PixelRect(width: plan.sourceWidth, height: plan.sourceHeight)
        let last = steps.indices.last { steps[$0] != nil }
        for index in steps.indices {
            guard let step = steps[index] else { continue }
            let result = Self.size(after: step, of: size)
            perform(step, part: size, rect: index == last ? plan.crop : result, source, window, &place)
            size = index == last ? PixelRect(width: plan.crop.width, height: plan.crop.height) : result
        }
        // Where the crop is now: cut out already, or still in the decoded image.
        var part = last == nil ? plan.crop : size
        if let resize = plan.cropResize {
            perform(
                .resize(resize), part: part, rect: PixelRect(width: resize.width, height: resize.height), source,
                window, &place)
            part = PixelRect(width: resize.width, height: resize.height)
        }
        if plan.jitter != nil || plan.hlsShift != nil || plan.noise != nil {
            if case .source = place {
                let rect = PixelRect(width: part.width, height: part.height)
                perform(.copy, part: part, rect: rect, source, window, &place)
                part = rect
            }
            if case .first = place { Self.colour(plan, on: &first) } else { Self.colour(plan, on: &second) }
        }
        let buffered = PixelRect(width: part.width, height: part.height)
        switch place {
        case .source:
            Self.write(source, window: window, part: part, plan, output, &writer, &slot)
        case .first: Self.write(first, window: buffered, part: buffered, plan, output, &writer, &slot)
        case .second: Self.write(second, window: buffered, part: buffered, plan, output, &writer, &slot)
        }
    }

    private static func check(
        _ plan: SamplePlan, source: borrowing PixelBuffer, origin: (x: Int, y: Int), output: SampleOutput
    ) throws(AugmentationError) {
        guard source.channels == output.format.channels else {
            throw .channelMismatch(image: source.channels, shape: output.format.channels)
        }
        let needed = plan.neededSource
        let inWindow = PixelRect(
            x: needed.x - origin.x, y: needed.y - origin.y, width: needed.width, height: needed.height)
        guard inWindow.isInside(width: source.width, height: source.height) else {
            throw .sourceMismatch(
                width: source.width, height: source.height, plannedWidth: plan.sourceWidth,
                plannedHeight: plan.sourceHeight)
        }
        let (width, height) =
            plan.cropResize.map { ($0.width, $0.height) } ?? (plan.crop.width, plan.crop.height)
        precondition(
            width == output.format.width && height == output.format.height,
            "the plan was made for another data_shape than the output")
    }

    private static func size(after step: Step, of image: PixelRect) -> PixelRect {
        switch step {
        case .resize(let resize): PixelRect(width: resize.width, height: resize.height)
        case .affine(let affine, _): PixelRect(width: affine.width, height: affine.height)
        case .pad(let pad, _): PixelRect(width: image.width + 2 * pad, height: image.height + 2 * pad)
        case .copy: PixelRect(width: image.width, height: image.height)
        }
    }

    /// Does one step on `part` of the image in `place`, keeping only `rect` of the result.
    private mutating func perform(
        _ step: Step, part: PixelRect, rect: PixelRect, _ source: borrowing PixelBuffer, _ window: PixelRect,
        _ place: inout Place
    ) {
        switch place {
        case .source:
            Self.perform(step, source, window: window, part: part, rect: rect, &resampler, &warp, into: &first)
            place = .first
        case .first:
            let window = PixelRect(width: first.width, height: first.height)
            Self.perform(step, first, window: window, part: part, rect: rect, &resampler, &warp, into: &second)
            place = .second
        case .second:
            let window = PixelRect(width: second.width, height: second.height)
            Self.perform(step, second, window: window, part: part, rect: rect, &resampler, &warp, into: &first)
            place = .first
        }
    }

    private static func perform(
        _ step: Step, _ source: borrowing PixelBuffer, window: PixelRect, part: PixelRect, rect: PixelRect,
        _ resampler: inout Resampler, _ warp: inout WarpAffine, into destination: inout PixelBuffer
    ) {
        let channels = source.channels
        unsafe source.withUnsafeBytes { bytes in
            // The view lives inside the closure, as long as the memory is lent.
            let view = unsafe SourceView(bytes, window: window, channels: channels, part: part)
            switch step {
            case .resize(let resize):
                resampler.resample(
                    view, width: resize.width, height: resize.height, rect: rect, kernel: resize.kernel,
                    into: &destination)
            case .affine(let affine, let fill):
                warp.run(view, affine: affine, fill: fill, rect: rect, into: &destination)
            case .pad(let pad, let fill):
                PadBorder.run(view, pad: pad, fill: fill, rect: rect, into: &destination)
            case .copy: CropKernel.copy(view, rect: rect, into: &destination)
            }
        }
    }

    private static func colour(_ plan: SamplePlan, on image: inout PixelBuffer) {
        if let jitter = plan.jitter { ColourJitter.run(jitter, on: &image) }
        if let shift = plan.hlsShift { HLSShift.run(shift, on: &image) }
        if let noise = plan.noise { PCANoise.run(noise, on: &image) }
    }

    private static func write(
        _ image: borrowing PixelBuffer, window: PixelRect, part: PixelRect, _ plan: SamplePlan,
        _ output: SampleOutput, _ writer: inout SlotWriter, _ slot: inout MutableRawSpan
    ) {
        let channels = image.channels
        unsafe image.withUnsafeBytes { bytes in
            // As in `perform`.
            let view = unsafe SourceView(bytes, window: window, channels: channels, part: part)
            writer.write(
                view, rect: PixelRect(width: part.width, height: part.height), plan: plan, output: output, to: &slot)
        }
    }
}
