import CJPEG
import Glibc

extension ScanReader {
    /// What `cjpeg_decoder_create` takes. A function of C cannot be asked to keep a value of Swift, so a reader lies in
    /// memory that the decoder owns, and nothing in it counts references: taken once, about 170 kB.
    ///
    /// None of these is left by a jump: `CJPEG/entropy.c` jumps when they have returned.
    static var functions: cjpeg_entropy {
        // In each, `memory` is what `create` returned, and other pointers are good for the call.
        unsafe cjpeg_entropy(
            create: { unsafe ScanReader.create() },
            destroy: { memory in unsafe free(memory) },
            begin: { memory, scan in
                guard let reader = unsafe ScanReader.reader(in: memory), let scan = unsafe scan else { return false }
                return unsafe reader.pointee.begin(scan.pointee)
            },
            limit_columns: { memory, first, last in
                unsafe ScanReader.reader(in: memory)?.pointee.limitColumns(first: first, last: last)
            },
            read_mcu: { memory, blocks in
                guard let reader = unsafe ScanReader.reader(in: memory) else { return CJPEG_SCAN_IMPERFECT }
                return unsafe reader.pointee.readNext(into: blocks)
            },
            bytes_left: { memory in
                unsafe ScanReader.reader(in: UnsafeMutableRawPointer(mutating: memory))?.pointee.bytesLeft ?? 0
            },
            rest_looks_whole: { memory in
                unsafe ScanReader.reader(in: UnsafeMutableRawPointer(mutating: memory))?.pointee.restLooksWhole()
                    ?? false
            })
    }

    @inline(__always)
    private static func reader(in memory: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<ScanReader>? {
        unsafe memory?.assumingMemoryBound(to: ScanReader.self)
    }

    /// A reader with its tables and its stretch behind it; nil when there is no memory.
    private static func create() -> UnsafeMutableRawPointer? {
        let tablesOffset = MemoryLayout<ScanReader>.stride
        let stretchOffset = tablesOffset + tableCount * MemoryLayout<HuffmanTable>.stride
        guard let memory = unsafe calloc(1, stretchOffset + ScanBytes.memoryBytes) else { return nil }
        // Zero is a table that has not been made. The alignment of neither asks for more than that of a reader.
        let tables = unsafe (memory + tablesOffset).bindMemory(to: HuffmanTable.self, capacity: tableCount)
        let stretch = unsafe (memory + stretchOffset).bindMemory(to: UInt8.self, capacity: ScanBytes.memoryBytes)
        unsafe memory.bindMemory(to: ScanReader.self, capacity: 1)
            .initialize(to: ScanReader(tables: tables, stretch: stretch))
        return unsafe memory
    }
}
