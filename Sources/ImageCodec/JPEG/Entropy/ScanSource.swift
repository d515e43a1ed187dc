import Glibc

/// The bytes of a scan as the file has them, from some place on: data with a zero behind each 0xFF, and markers
/// (ITU T.81, B.1.1.5).
@safe
struct ScanSource: BitwiseCopyable {
    static let firstRestart: UInt8 = 0xD0
    static let endOfImage: UInt8 = 0xD9

    // `count` bytes, which whoever made this keeps.
    private var start: UnsafePointer<UInt8>
    private(set) var count: Int

    @unsafe
    init(start: UnsafePointer<UInt8>, count: Int) {
        unsafe self.start = start
        self.count = count
    }

    /// The byte behind the 0xFF that it stands at; nil when the bytes end there.
    var marker: UInt8? { count >= 2 ? unsafe start[1] : nil }

    /// How many bytes are in front of the next 0xFF, `most` when there are more.
    ///
    /// - Precondition: `most <= count`.
    func plainCount(upTo most: Int) -> Int {
        precondition(most <= count)
        guard let escape = unsafe memchr(start, 0xFF, most) else { return most }
        return unsafe UnsafeRawPointer(escape) - UnsafeRawPointer(start)
    }

    /// Goes on by `byteCount` bytes.
    mutating func skip(_ byteCount: Int) {
        precondition(byteCount <= count)
        unsafe start += byteCount
        count -= byteCount
    }

    /// Moves the next `byteCount` bytes to `target`.
    @unsafe
    mutating func take(_ byteCount: Int, to target: UnsafeMutablePointer<UInt8>) {
        let from = unsafe start
        skip(byteCount)
        unsafe memcpy(target, from, byteCount)
    }

    /// Goes behind the next 0xFF and the byte after it, which it returns; nil when the bytes end before.
    mutating func passEscape() -> UInt8? {
        skip(plainCount(upTo: count))
        guard let marker else { return nil }
        skip(2)
        return marker
    }
}
