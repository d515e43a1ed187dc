import Glibc

/// The data of a scan, unstuffed in stretches and read bit by bit, segment after segment between restart markers.
///
/// An MCU is read without looking whether there are bits: the stretch is longer than what any MCU takes, and whether
/// there were so many is asked afterwards.
@safe
struct ScanBytes: BitwiseCopyable {
    /// A code and its value bits take at most 16 + 15 bits, a block has at most 64 of them, an MCU at most 10 blocks.
    private static let mostBytesInMCU = 10 * 64 * 31 / 8
    /// The reservoir reads as many at a time.
    private static let loadBytes = 8
    /// What stays in the first-level cache.
    private static let stretchBytes = 16384
    /// The memory of a stretch, with what an MCU reads behind its end at most.
    static let memoryBytes = stretchBytes + mostBytesInMCU + 4 * loadBytes

    // The reservoir between MCUs, field by field: a copy of it whole the compiler would take for the same thing, and
    // write to memory for every coefficient.
    private var bits: UInt64 = 0
    private var bitCount: UInt32 = 0
    private var next: UnsafePointer<UInt8>
    /// Where it has not been unstuffed. At a marker, or at the end of the bytes, when `isSegmentRead`.
    private(set) var source: ScanSource
    private var isSegmentRead = true
    private let stretch: UnsafeMutablePointer<UInt8>
    /// How many bytes of the stretch are of the scan.
    private(set) var stretchCount = 0
    /// An MCU that begins this far into the stretch, or before, needs no check.
    private var limit = 0

    /// - Parameter stretch: `memoryBytes` that outlive this, all written before.
    @unsafe
    init(stretch: UnsafeMutablePointer<UInt8>) {
        unsafe self.stretch = stretch
        unsafe next = UnsafePointer(stretch)
        unsafe source = ScanSource(start: stretch, count: 0)
    }

    /// Begins with the first segment of another scan.
    mutating func begin(_ source: ScanSource) {
        self.source = source
        beginSegment()
    }

    private mutating func beginSegment() {
        isSegmentRead = false
        stretchCount = 0
        unsafe next = UnsafePointer(stretch)
        fill()
        // Look-ups come before refills, so the first needs bits. The memory of the stretch is longer than a load.
        var first = unsafe BitReservoir(next: next)
        first.refill()
        reservoir = first
    }

    /// Unstuffs more of the segment behind what has not been read yet. The reader is not beyond the end.
    private mutating func fill() {
        // What is left lies in the stretch, and so does all that comes behind it.
        let left = stretchCount - place
        unsafe memmove(stretch, next, left)
        stretchCount = left
        while stretchCount < Self.stretchBytes && !isSegmentRead {
            let most = min(Self.stretchBytes - stretchCount, source.count)
            let plain = source.plainCount(upTo: most)
            unsafe source.take(plain, to: stretch + stretchCount)
            stretchCount += plain
            if plain < most && source.marker == 0 {
                unsafe stretch[stretchCount] = 0xFF
                stretchCount += 1
                source.skip(2)
            } else {
                isSegmentRead = plain < most || source.count == 0
            }
        }
        unsafe next = UnsafePointer(stretch)
        limit = stretchCount - (Self.mostBytesInMCU + Self.loadBytes)
    }

    /// The next bits of the segment.
    @inline(__always)
    var reservoir: BitReservoir {
        // `fill` leaves room for what is read behind the end.
        get { unsafe BitReservoir(bits: bits, count: bitCount, next: next) }
        set {
            bits = newValue.bits
            bitCount = newValue.count
            unsafe next = newValue.next
        }
    }

    /// How far into the stretch the reservoir has read.
    @inline(__always)
    private var place: Int { unsafe next - UnsafePointer(stretch) }

    @inline(__always)
    private var isFarFromEnd: Bool { place <= limit }

    /// Unread bits of the segment that have been unstuffed; negative when reading went beyond them.
    private var bitsLeft: Int { (stretchCount - place) * 8 + Int(bitCount) }

    /// Comes before an MCU.
    @inline(__always)
    mutating func prepare() {
        if !isFarFromEnd && !isSegmentRead { fill() }
    }

    /// Comes behind an MCU: whether there were as many bits as it took.
    @inline(__always)
    var wasEnough: Bool { isFarFromEnd || bitsLeft >= 0 }

    /// Whether the segment has no data left but the bits that fill its last byte.
    mutating func isSegmentDone() -> Bool {
        if !isSegmentRead { fill() }
        return isSegmentRead && bitsLeft >= 0 && bitsLeft < 8
    }

    /// Whether behind the scan comes the end of the image, or nothing. What else may stand there is the library's to
    /// judge, which begins anew: in a window it would report other damage than in the whole picture.
    mutating func isScanDone() -> Bool {
        isSegmentDone() && (source.count == 0 || source.marker == ScanSource.endOfImage)
    }

    /// Goes behind the restart marker that the segment ends with; false when it is another, or has data in front of it.
    mutating func passRestart(number: UInt32) -> Bool {
        guard isSegmentDone(), source.marker == ScanSource.firstRestart + UInt8(number % 8) else { return false }
        source.skip(2)
        beginSegment()
        return true
    }

    /// Goes behind the next `count` restart markers, of which the first has `number`. What lies between is not looked
    /// at.
    mutating func skipSegments(_ count: UInt64, number: inout UInt32) -> Bool {
        var passed: UInt64 = 0
        while passed < count {
            guard let code = source.passEscape() else { return false }
            if code == 0 { continue }
            guard code == ScanSource.firstRestart + UInt8(number % 8) else { return false }
            number += 1
            passed += 1
        }
        return true
    }

    /// As above, and begins the segment behind them.
    mutating func jump(over count: UInt64, number: inout UInt32) -> Bool {
        guard skipSegments(count, number: &number) else { return false }
        beginSegment()
        return true
    }

    /// Goes to the next marker, which stays unread: whether it ends the image.
    mutating func skipToEndOfImage() -> Bool {
        while true {
            source.skip(source.plainCount(upTo: source.count))
            guard let code = source.marker else { return false }
            // What else may stand here is the library's to judge.
            if code != 0 { return code == ScanSource.endOfImage }
            source.skip(2)
        }
    }
}
