import DataTypes

/// Turns the bytes of every element round.
func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, width: Int) {
    switch width {
    case 2: unsafe swapBytes(bytes, as: UInt16.self)
    case 4: unsafe swapBytes(bytes, as: UInt32.self)
    case 8: unsafe swapBytes(bytes, as: UInt64.self)
    default: break
    }
}

private func swapBytes<Word: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeMutableRawBufferPointer, as type: Word.Type
) {
    let width = MemoryLayout<Word>.size
    for position in stride(from: 0, through: bytes.count - width, by: width) {
        // The last word ends inside; any bits are a word.
        let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: Word.self)
        unsafe bytes.storeBytes(of: word.byteSwapped, toByteOffset: position, as: Word.self)
    }
}

/// Writes elements of `type` as float32, rounded to nearest as NumPy's `astype` does; false is 0 and true is 1.
///
/// - Precondition: `output` has room for as many floats as `input` has elements.
func convertToFloat32(
    _ input: UnsafeRawBufferPointer, _ type: ElementType, to output: UnsafeMutableRawBufferPointer
) {
    precondition(output.count / 4 >= input.count / type.byteWidth)
    switch type {
    case .bool: unsafe convert(UInt8.self, input, output) { $0 == 0 ? 0 : 1 }
    case .uint8: unsafe convert(UInt8.self, input, output) { Float($0) }
    case .int8: unsafe convert(Int8.self, input, output) { Float($0) }
    case .uint16: unsafe convert(UInt16.self, input, output) { Float($0) }
    case .int16: unsafe convert(Int16.self, input, output) { Float($0) }
    case .uint32: unsafe convert(UInt32.self, input, output) { Float($0) }
    case .int32: unsafe convert(Int32.self, input, output) { Float($0) }
    case .uint64: unsafe convert(UInt64.self, input, output) { Float($0) }
    case .int64: unsafe convert(Int64.self, input, output) { Float($0) }
    case .float16: unsafe convert(Float16.self, input, output) { Float($0) }
    case .bfloat16: unsafe convert(UInt16.self, input, output) { Float(bitPattern: UInt32($0) << 16) }
    case .float32: unsafe convert(Float.self, input, output) { $0 }
    case .float64: unsafe convert(Double.self, input, output) { Float($0) }
    }
}

@inline(__always)
private func convert<Element: BitwiseCopyable>(
    _ type: Element.Type, _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer,
    _ value: (Element) -> Float
) {
    let width = MemoryLayout<Element>.size
    for number in 0..<input.count / width {
        // The element lies inside the input, and its place inside the output, as the caller has checked.
        let element = unsafe input.loadUnaligned(fromByteOffset: number * width, as: Element.self)
        unsafe output.storeBytes(of: value(element), toByteOffset: 4 * number, as: Float.self)
    }
}
