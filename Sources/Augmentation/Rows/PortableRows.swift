/// Row kernels for every processor; `RowKernels` says what each does and what it asks of its memory.
///
/// Written so that the compiler finds the instructions of the baseline: SSE2 or NEON.
enum PortableRows {
    @unsafe
    static func resize1(
        _ line: UnsafePointer<UInt8>, _ columns: LinearColumns.Memory, to plane: UnsafeMutablePointer<Int16>
    ) {
        for x in unsafe 0..<columns.count {
            // `count` elements are there; the right pixel, if it counts, lies in the row.
            let pixels = unsafe line + Int(columns.offsets[x])
            let left = unsafe Int32(pixels[0]) &* Int32(columns.weights[2 &* x])
            let right = unsafe Int32(pixels[1]) &* Int32(columns.weights[2 &* x &+ 1])
            unsafe plane[x] = Int16(truncatingIfNeeded: (left &+ right) >> 4)
        }
    }

    @unsafe
    static func resize3(
        _ line: UnsafePointer<UInt8>, _ columns: LinearColumns.Memory, to planes: UnsafeMutablePointer<Int16>, stride: Int
    ) {
        for x in unsafe 0..<columns.count {
            // As above; two more bytes are read behind the right pixel, which the image's buffer has.
            let sums = unsafe resizePixel(line + Int(columns.offsets[x]), rightOffset: 3, columns.weights + 2 &* x)
            unsafe planes[x] = sums.z
            unsafe planes[stride &+ x] = sums.y
            unsafe planes[2 &* stride &+ x] = sums.x
        }
    }

    @unsafe
    static func resize4(
        _ line: UnsafePointer<UInt8>, _ columns: LinearColumns.Memory, to planes: UnsafeMutablePointer<Int16>, stride: Int
    ) {
        for x in unsafe 0..<columns.count {
            // As above.
            let sums = unsafe resizePixel(line + Int(columns.offsets[x]), rightOffset: 4, columns.weights + 2 &* x)
            unsafe planes[x] = sums.z
            unsafe planes[stride &+ x] = sums.y
            unsafe planes[2 &* stride &+ x] = sums.x
            unsafe planes[3 &* stride &+ x] = sums.w
        }
    }

    @unsafe
    @inline(__always)
    private static func resizePixel(
        _ left: UnsafePointer<UInt8>, rightOffset: Int, _ weights: UnsafePointer<Int16>
    ) -> SIMD4<Int16> {
        let memory = unsafe UnsafeRawPointer(left)
        // Four bytes from each pixel, as said above.
        let first = unsafe SIMD4<Int32>(truncatingIfNeeded: memory.loadUnaligned(as: SIMD4<UInt8>.self))
        let second = unsafe SIMD4<Int32>(
            truncatingIfNeeded: memory.loadUnaligned(fromByteOffset: rightOffset, as: SIMD4<UInt8>.self))
        let sum = unsafe first &* SIMD4(repeating: Int32(weights[0])) &+ second &* SIMD4(repeating: Int32(weights[1]))
        return SIMD4<Int16>(truncatingIfNeeded: sum &>> 4)
    }

    @unsafe
    static func blend(
        _ upper: UnsafePointer<Int16>, _ lower: UnsafePointer<Int16>, weights: (Int16, Int16), count: Int,
        to target: UnsafeMutablePointer<UInt8>
    ) {
        let (first, second) = (Int32(weights.0), Int32(weights.1))
        for x in 0..<count {
            // All three rows have `count` values.
            let sum = unsafe ((first &* Int32(upper[x])) >> 16) &+ ((second &* Int32(lower[x])) >> 16)
            unsafe target[x] = UInt8(truncatingIfNeeded: (sum &+ 2) >> 2)
        }
    }

    @unsafe
    static func split(
        _ line: UnsafePointer<UInt8>, channels: Int, isMirrored: Bool, count: Int,
        to planes: UnsafeMutablePointer<UInt8>, stride: Int
    ) {
        switch channels {
        case 3:
            var pixel = unsafe isMirrored ? line + 3 * (count - 1) : line
            let step = isMirrored ? -3 : 3
            for x in 0..<count {
                // Pixel x of `count`, from the end when mirrored.
                unsafe planes[x] = pixel[2]
                unsafe planes[stride &+ x] = pixel[1]
                unsafe planes[2 &* stride &+ x] = pixel[0]
                unsafe pixel += step
            }
        default:
            for channel in 0..<channels {
                // BGRA becomes RGBA.
                let place = channels == 4 && channel < 3 ? 2 - channel : channel
                for x in 0..<count {
                    let column = isMirrored ? count &- 1 &- x : x
                    // As above.
                    unsafe planes[channel &* stride &+ x] = line[column &* channels &+ place]
                }
            }
        }
    }

    @unsafe
    static func join(
        _ planes: UnsafePointer<UInt8>, stride: Int, channels: Int, count: Int, to target: UnsafeMutablePointer<UInt8>
    ) {
        for channel in 0..<channels {
            let plane = unsafe planes + channel * stride
            // `target` has room for `count` pixels.
            for x in 0..<count { unsafe target[x &* channels &+ channel] = plane[x] }
        }
    }

    @unsafe
    static func scale(
        _ values: UnsafePointer<UInt8>, mean: Float, first: Float, second: Float, count: Int,
        to target: UnsafeMutableRawPointer
    ) {
        for x in 0..<count {
            let value = unsafe (Float(values[x]) - mean) * first + second
            // Room for `count` values.
            unsafe target.storeBytes(of: value, toByteOffset: 4 &* x, as: Float.self)
        }
    }
}
