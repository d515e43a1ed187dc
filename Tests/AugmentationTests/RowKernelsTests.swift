import DataTypes
import Testing

@testable import Augmentation

@Suite("Row kernels")
struct RowKernelsTests {
    /// Room that a kernel must leave alone behind what it writes.
    private static let guardCount = 64

    private func bytes(_ count: Int, random: inout KeyedRandom) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// Runs `body` on an array that is full of 0x5A before.
    private func filled<T: FixedWidthInteger>(
        _ count: Int, _ body: (UnsafeMutablePointer<T>) -> Void
    ) -> [T] {
        var result = [T](repeating: 0x5A, count: count + Self.guardCount)
        // The pointer is used inside the closure alone.
        unsafe result.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
        return result
    }

    @Test("rows are resized to the same values, whatever the weights", arguments: RowKernels.usable, [1, 3, 4])
    func resize(kernels: RowKernels, channels: Int) {
        var random = KeyedRandom(seed: 21, epoch: 0, record: UInt64(channels))
        var columns = LinearColumns()
        for count in 1...70 {
            let sourceCount = random.integer(1, 150)
            var table = AxisTable()
            table.fill(
                AxisTable.Key(
                    rule: random.coin() ? .linear : .areaLinear, sourceCount: sourceCount, targetCount: count + 9,
                    isHorizontal: true))
            let first = random.integer(0, 9)
            let isMirrored = random.coin()
            let line = bytes(sourceCount * channels + PixelBuffer.readableBytesBehind, random: &random)
            columns.fill(
                from: table, range: first..<first + count, channels: channels, bias: 0, isMirrored: isMirrored)
            let stride = columns.paddedCount
            let planes: [Int16] = unsafe filled(channels * stride) { target in
                unsafe columns.withMemory { memory in
                    unsafe line.withUnsafeBufferPointer {
                        // The line has the bytes behind it that an image has, the target all planes.
                        unsafe kernels.resize($0.baseAddress!, columns: memory, to: target, stride: stride)
                    }
                }
            }
            for channel in 0..<channels {
                for x in 0..<count {
                    let column = isMirrored ? first + count - 1 - x : first + x
                    let place = channels >= 3 && channel < 3 ? 2 - channel : channel
                    let left = Int(table.starts[column])
                    let right = min(left + 1, sourceCount - 1)
                    let sum =
                        Int(line[left * channels + place]) * Int(table.weights[2 * column])
                        + Int(line[right * channels + place]) * Int(table.weights[2 * column + 1])
                    #expect(Int(planes[channel * stride + x]) == sum >> 4, "\(count) columns, \(x)")
                }
            }
            #expect(planes[(channels * stride)...].allSatisfy { $0 == 0x5A })
        }
    }

    @Test("rows are blended to the same bytes, for every weight", arguments: RowKernels.usable)
    func blend(kernels: RowKernels) {
        var random = KeyedRandom(seed: 22, epoch: 0, record: 0)
        for weight in 0...2048 {
            let count = weight % 131 + 1
            // All that the horizontal step can give.
            let rows = (0..<2).map { _ in (0..<count).map { _ in Int16(random.integer(0, 32640)) } }
            let result: [UInt8] = unsafe filled(count) { target in
                unsafe rows[0].withUnsafeBufferPointer { upper in
                    unsafe rows[1].withUnsafeBufferPointer { lower in
                        // All three have `count` values.
                        unsafe kernels.blend(
                            upper.baseAddress!, lower.baseAddress!, weights: (Int16(2048 - weight), Int16(weight)),
                            count: count, to: target)
                    }
                }
            }
            for x in 0..<count {
                let sum = (Int(rows[0][x]) * (2048 - weight)) >> 16 + (Int(rows[1][x]) * weight) >> 16
                #expect(Int(result[x]) == (sum + 2) >> 2)
            }
            #expect(result[count...].allSatisfy { $0 == 0x5A })
        }
    }

    @Test("pixels are split into planes, and joined from them", arguments: RowKernels.usable, [1, 3, 4])
    func splitAndJoin(kernels: RowKernels, channels: Int) {
        var random = KeyedRandom(seed: 23, epoch: 0, record: UInt64(channels))
        for count in 1...100 {
            let line = bytes(count * channels, random: &random)
            for isMirrored in [false, true] {
                let planes: [UInt8] = unsafe filled(count * channels) { target in
                    unsafe line.withUnsafeBufferPointer {
                        // Both have `count` pixels.
                        unsafe kernels.split(
                            $0.baseAddress!, channels: channels, isMirrored: isMirrored, count: count, to: target,
                            stride: count)
                    }
                }
                for channel in 0..<channels {
                    for x in 0..<count {
                        let column = isMirrored ? count - 1 - x : x
                        let place = channels >= 3 && channel < 3 ? 2 - channel : channel
                        #expect(planes[channel * count + x] == line[column * channels + place])
                    }
                }
                #expect(planes[(count * channels)...].allSatisfy { $0 == 0x5A })
            }
            let joined: [UInt8] = unsafe filled(count * channels) { target in
                unsafe line.withUnsafeBufferPointer {
                    // The line taken as planes; both have `count` pixels.
                    unsafe kernels.join($0.baseAddress!, stride: count, channels: channels, count: count, to: target)
                }
            }
            for x in 0..<count {
                for channel in 0..<channels {
                    #expect(joined[x * channels + channel] == line[channel * count + x])
                }
            }
            #expect(joined[(count * channels)...].allSatisfy { $0 == 0x5A })
        }
    }

    @Test("bytes are scaled with three roundings, at any address", arguments: RowKernels.usable)
    func scale(kernels: RowKernels) {
        var random = KeyedRandom(seed: 24, epoch: 0, record: 0)
        for count in 1...300 {
            let values = bytes(count, random: &random)
            let mean = random.uniform(-10, 300)
            let first = random.uniform(-2, 2)
            let second = random.uniform(-5, 5)
            // Some kernels write whole cache lines in a way of their own.
            var skew = count % 4
            let result: [UInt8] = unsafe filled(4 * count + 64) { target in
                if count % 8 == 0 { skew = -Int(bitPattern: target) & 63 }
                unsafe values.withUnsafeBufferPointer {
                    // `count` bytes there, `count` floats here.
                    unsafe kernels.scale(
                        $0.baseAddress!, mean: mean, first: first, second: second, count: count, to: target + skew)
                }
                kernels.finish()
            }
            for x in 0..<count {
                var value = Float(values[x]) - mean
                value *= first
                value += second
                let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(result[skew + 4 * x + $1]) << (8 * $1) }
                #expect(bits == value.bitPattern)
            }
            #expect(result[..<skew].allSatisfy { $0 == 0x5A })
            #expect(result[(4 * count + skew)...].allSatisfy { $0 == 0x5A })
        }
    }
}
