/// Resizes planes of numbers with fractions, computing only the rectangle of the result that is wanted.
///
/// Follows OpenCV 3.4 `modules/imgproc/src/resize.cpp` for images of `float` with three channels, whose order of additions
/// decides the last bit. One worker owns one and keeps its tables and rows.
struct PlaneResampler {
    /// A power of two, and no kernel reads more rows at once.
    private static let ringRows = 8

    private var cache = AxisTableCache()
    /// For each entry of the wanted columns: where its number lies in a row of the source.
    private var columns: [Int32] = []
    /// Rows of the source that are resized horizontally.
    private var ring: [Float] = []
    /// Which row of the source each row of the ring holds; −1: none.
    private var held: [Int] = []

    /// - Parameters:
    ///   - source: three planes of `width × height` numbers.
    ///   - part: of the planes: what is resized.
    ///   - rect: of the result: what is wanted.
    ///   - result: with room for three planes of `rect`'s size, all of which is written.
    mutating func run(
        _ source: [Float], width: Int, height: Int, part: ImagePart, _ resize: SamplePlan.Resize, rect: PixelRect,
        into result: inout [Float]
    ) {
        precondition(part.rect.isInside(width: width, height: height), "the part is not inside the image")
        precondition(rect.isInside(width: resize.width, height: resize.height), "the wanted part is not in the result")
        let from = (part.rect.width, part.rect.height)
        let to = (resize.width, resize.height)
        let rule: AxisTable.Key.Rule
        switch ResizeMethod(resize.kernel, from: from, to: to) {
        case .blocks(let blockWidth, let blockHeight):
            Self.average(
                source, width: width, height: height, part, block: (blockWidth, blockHeight),
                share: ResizeMethod.share(from: from, to: to), rect: rect, into: &result)
            return
        case .copy, .nearest: rule = .nearest
        case .cells: rule = .areaCells
        case .linear(let found), .wide(let found): rule = found
        }
        weigh(source, width: width, height: height, part, rule, resize, rect: rect, into: &result)
    }

    /// Every kernel but blocks: each row of the source is resized horizontally once, into a ring, and rows of the ring are
    /// added up.
    private mutating func weigh(
        _ source: [Float], width: Int, height: Int, _ part: ImagePart, _ rule: AxisTable.Key.Rule,
        _ resize: SamplePlan.Resize, rect: PixelRect, into result: inout [Float]
    ) {
        let horizontal = table(rule, from: part.rect.width, to: resize.width, isHorizontal: true)
        let vertical = table(rule, from: part.rect.height, to: resize.height, isHorizontal: false)
        let entries = Int(horizontal.starts[rect.x])..<Int(horizontal.starts[rect.x + rect.width])
        columns.removeAll(keepingCapacity: true)
        for entry in entries { columns.append(Int32(part.column(Int(horizontal.cellSources[entry])))) }
        ResampleRows.grow(&ring, to: Self.ringRows * rect.width)
        for channel in 0..<3 {
            held.removeAll(keepingCapacity: true)
            held.append(contentsOf: repeatElement(-1, count: Self.ringRows))
            for y in 0..<rect.height {
                let row = (channel * rect.height + y) * rect.width
                for index in row..<row + rect.width { result[index] = 0 }
                for entry in Int(vertical.starts[rect.y + y])..<Int(vertical.starts[rect.y + y + 1]) {
                    let line = Int(vertical.cellSources[entry])
                    let slot = line & (Self.ringRows - 1)
                    let reduced = slot * rect.width..<(slot + 1) * rect.width
                    if held[slot] != line {
                        held[slot] = line
                        let first = (channel * height + part.rect.y + line) * width
                        Self.reduce(
                            source.span.extracting(first..<first + width), columns,
                            weights: horizontal.cellWeights.span.extracting(entries),
                            starts: horizontal.starts.span.extracting(rect.x..<rect.x + rect.width + 1), into: &ring,
                            at: reduced.lowerBound)
                    }
                    Self.add(ring, reduced, times: vertical.cellWeights[entry], to: &result, at: row)
                }
            }
        }
    }

    private mutating func table(
        _ rule: AxisTable.Key.Rule, from source: Int, to target: Int, isHorizontal: Bool
    ) -> AxisTable {
        let key = AxisTable.Key(
            rule: rule, sourceCount: source, targetCount: target, isHorizontal: isHorizontal, isExact: true)
        let index = cache.index(of: key)
        return cache.table(at: index)
    }

    /// One row, resized horizontally.
    private static func reduce(
        _ line: Span<Float>, _ columns: [Int32], weights: Span<Float>, starts: Span<Int32>, into rows: inout [Float],
        at start: Int
    ) {
        let columns = columns.span
        var rows = rows.mutableSpan
        let first = Int(starts[0])
        for x in 0..<starts.count - 1 {
            var sum: Float = 0
            for entry in Int(starts[x]) - first..<Int(starts[x + 1]) - first {
                sum += line[Int(columns[entry])] * weights[entry]
            }
            rows[start + x] = sum
        }
    }

    private static func add(
        _ rows: [Float], _ reduced: Range<Int>, times weight: Float, to result: inout [Float], at start: Int
    ) {
        precondition(reduced.upperBound <= rows.count && start + reduced.count <= result.count)
        let source = rows.span
        var target = result.mutableSpan
        let first = reduced.lowerBound
        for index in 0..<reduced.count {
            // In bounds as checked above; a check for each keeps the loop from being vectorised.
            unsafe target[unchecked: start &+ index] += source[unchecked: first &+ index] * weight
        }
    }

    /// The area kernel when each target pixel is a block of whole source pixels.
    ///
    /// - Parameter share: 1 / (number of pixels in a block).
    private static func average(
        _ source: [Float], width: Int, height: Int, _ part: ImagePart, block: (width: Int, height: Int), share: Float,
        rect: PixelRect, into result: inout [Float]
    ) {
        for channel in 0..<3 {
            let plane = source.span.extracting(channel * width * height..<(channel + 1) * width * height)
            for y in 0..<rect.height {
                let start = (channel * rect.height + y) * rect.width
                for x in 0..<rect.width {
                    let place = PixelRect(
                        x: (rect.x + x) * block.width, y: (rect.y + y) * block.height, width: block.width,
                        height: block.height)
                    result[start + x] = sum(of: place, plane, width: width, part: part) * share
                }
            }
        }
    }

    /// Of the numbers of a block, row by row: four at a time, then those that are left.
    private static func sum(of block: PixelRect, _ plane: Span<Float>, width: Int, part: ImagePart) -> Float {
        let fours = block.width * block.height / 4 * 4
        var sum: Float = 0
        var four: Float = 0
        var position = 0
        for y in block.y..<block.y + block.height {
            let start = (part.rect.y + y) * width
            for x in block.x..<block.x + block.width {
                let value = plane[start + part.column(x)]
                if position < fours {
                    four = position & 3 == 0 ? value : four + value
                    if position & 3 == 3 { sum += four }
                } else {
                    sum += value
                }
                position += 1
            }
        }
        return sum
    }
}
