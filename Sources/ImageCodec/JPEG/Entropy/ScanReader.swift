import CJPEG

/// Huffman decoding of a sequential scan: the same coefficients as the library's in less time, and only those that
/// somebody wants (ITU T.81, F.2.2 and, for restart markers, E.2.4).
///
/// MCUs that nobody wants are left until the next one that is wanted. Where there are restart markers between the two,
/// what lies in front of the last of them is not decoded at all.
///
/// It knows perfect scans only: `cjpeg_entropy.h` says what becomes of others. One lies in memory of its own and is
/// used for picture after picture, since code tables often stay the same: see `ScanReader+Memory.swift`.
@safe
struct ScanReader: BitwiseCopyable {
    /// An MCU's blocks; nil: nobody wants their coefficients.
    typealias Blocks = UnsafePointer<UnsafeMutablePointer<Int16>?>?

    private var bytes: ScanBytes
    private var plans: [10 of BlockPlan]
    private var blockCount = 0
    /// The last DC coefficient of each component.
    private var predictions: [4 of UInt32] = .init(repeating: 0)

    /// Of the next MCU.
    private var column: UInt32 = 0
    private var columns: UInt32 = 0
    /// Of those whose coefficients are wanted.
    private var firstColumn: UInt32 = 0
    private var lastColumn: UInt32 = 0
    private var mcus: UInt64 = 0
    private var mcusLeft: UInt64 = 0
    /// Unwanted ones at the end of those that were asked for, which the reader has not passed yet.
    private var mcusPassed: UInt64 = 0
    private var restartInterval: UInt64 = 0
    /// MCUs until the next restart marker.
    private var restartLeft: UInt64 = 0
    /// Markers met.
    private var restartCount: UInt32 = 0

    /// DC tables, then AC tables.
    private let tables: UnsafeMutablePointer<HuffmanTable>

    /// - Parameters:
    ///   - tables: `tableCount` that outlive this, zero at first.
    ///   - stretch: as `ScanBytes` wants it.
    @unsafe
    init(tables: UnsafeMutablePointer<HuffmanTable>, stretch: UnsafeMutablePointer<UInt8>) {
        unsafe self.tables = tables
        unsafe bytes = ScanBytes(stretch: stretch)
        unsafe plans = .init(repeating: BlockPlan(dc: tables, ac: tables, component: 0, isNeeded: false))
    }

    static let tableCount = 2 * Int(CJPEG_CODE_TABLES)

    /// Begins a picture.
    ///
    /// - Parameter scan: as `cjpeg_entropy.h` describes it.
    /// - Returns: False when its codes cannot be.
    @unsafe
    mutating func begin(_ scan: cjpeg_scan) -> Bool {
        blockCount = unsafe Int(scan.blocks_in_mcu)
        for i in 0..<blockCount {
            guard let plan = unsafe plan(for: scan.blocks[i]) else { return false }
            plans[i] = plan
        }
        column = 0
        unsafe columns = scan.columns
        firstColumn = 0
        lastColumn = columns - 1
        mcus = unsafe UInt64(scan.columns) * UInt64(scan.rows)
        mcusLeft = mcus
        mcusPassed = 0
        restartInterval = unsafe UInt64(scan.restart_interval)
        restartLeft = restartInterval
        restartCount = 0
        // The bytes stay where they are until the picture is decoded.
        unsafe bytes.begin(ScanSource(start: scan.bytes, count: scan.count))
        predictions = .init(repeating: 0)
        return true
    }

    /// nil when the codes cannot be.
    private func plan(for block: cjpeg_block) -> BlockPlan? {
        // There are so many tables of each kind.
        let dc = unsafe tables + Int(block.dc.number)
        let ac = unsafe tables + Int(CJPEG_CODE_TABLES) + Int(block.ac.number)
        guard unsafe dc.pointee.make(of: block.dc, isAC: false), unsafe ac.pointee.make(of: block.ac, isAC: true) else {
            return nil
        }
        return unsafe BlockPlan(dc: dc, ac: ac, component: block.component, isNeeded: block.is_needed)
    }

    /// From now on, leaves the coefficients of MCUs outside these columns alone.
    mutating func limitColumns(first: UInt32, last: UInt32) {
        firstColumn = first
        lastColumn = last
    }

    /// How many bytes have not been read, behind the scan.
    var bytesLeft: Int { bytes.source.count }

    /// Decodes the next MCU.
    ///
    /// - Parameter blocks: as many as the scan's MCUs have, all zero.
    @unsafe
    @inline(__always)
    mutating func readNext(into blocks: Blocks) -> cjpeg_progress {
        guard mcusLeft > 0 else { return CJPEG_SCAN_IMPERFECT }
        let isWanted = unsafe blocks != nil && column >= firstColumn && column <= lastColumn
        column = column &+ 1 < columns ? column &+ 1 : 0
        mcusLeft &-= 1
        if !isWanted && restartInterval > 0 {
            // There may be no need to read it: the next that is wanted tells.
            mcusPassed &+= 1
        } else {
            guard mcusPassed == 0 || catchUp(), unsafe read(into: isWanted ? blocks : nil) else {
                return CJPEG_SCAN_IMPERFECT
            }
        }
        if mcusLeft > 0 { return CJPEG_MCU_READ }
        return (mcusPassed > 0 ? skipToEnd() : bytes.isScanDone()) ? CJPEG_SCAN_READ : CJPEG_SCAN_IMPERFECT
    }

    @inline(__always)
    private mutating func read(into blocks: Blocks) -> Bool {
        if restartInterval > 0 {
            if restartLeft == 0 && !restart() { return false }
            restartLeft &-= 1
        }
        bytes.prepare()
        return unsafe decode(into: blocks) && bytes.wasEnough
    }

    @inline(__always)
    private mutating func decode(into blocks: Blocks) -> Bool {
        // A copy, so that it lies in registers.
        var reservoir = bytes.reservoir
        var isGood = true
        var i = 0
        while isGood && i < blockCount {
            // `begin` made `blockCount` plans.
            let plan = unsafe plans[unchecked: i]
            let component = Int(plan.component & 3)
            if plan.isNeeded, let block = unsafe blocks?[i] {
                isGood = unsafe reservoir.decodeBlock(plan, prediction: &predictions[component], into: block)
            } else {
                isGood = reservoir.passBlock(plan, prediction: &predictions[component])
            }
            i &+= 1
        }
        bytes.reservoir = reservoir
        return isGood
    }

    private mutating func restart() -> Bool {
        guard bytes.passRestart(number: restartCount) else { return false }
        restartCount += 1
        restartLeft = restartInterval
        predictions = .init(repeating: 0)
        return true
    }

    /// Passes the MCUs that were asked for in vain: whole segments by their markers, the rest one by one.
    @inline(never)
    private mutating func catchUp() -> Bool {
        if mcusPassed >= restartLeft {
            let behind = mcusPassed - restartLeft
            guard bytes.jump(over: 1 + behind / restartInterval, number: &restartCount) else { return false }
            mcusPassed = behind % restartInterval
            restartLeft = restartInterval
            predictions = .init(repeating: 0)
        }
        while mcusPassed > 0 {
            guard unsafe read(into: nil) else { return false }
            mcusPassed -= 1
        }
        return true
    }

    /// Goes to the marker behind the scan, whose last MCUs nobody wanted.
    private mutating func skipToEnd() -> Bool {
        bytes.skipSegments(restartsInAll - UInt64(restartCount), number: &restartCount) && bytes.skipToEndOfImage()
    }

    private var restartsInAll: UInt64 { restartInterval > 0 ? (mcus - 1) / restartInterval : 0 }

    /// Whether what lies behind the MCUs decoded so far looks whole: as many restart markers as belong there, in order,
    /// then the end of the image. Looks at markers only.
    func restLooksWhole() -> Bool {
        var source = bytes.source
        var number = restartCount
        // Without markers, and without the zeros that are stuffed.
        var dataCount = bytes.stretchCount + source.count
        var code: UInt8
        repeat {
            guard let next = source.passEscape() else { return false }
            code = next
            dataCount -= code == 0 ? 1 : 2
            if code != 0 && code != ScanSource.endOfImage {
                guard code == ScanSource.firstRestart + UInt8(number % 8) else { return false }
                number += 1
            }
        } while code != ScanSource.endOfImage
        dataCount -= source.count
        // A block has two codes at least.
        return number == restartsInAll && UInt64(dataCount) * 4 >= (mcusPassed + mcusLeft) * UInt64(blockCount)
    }
}
