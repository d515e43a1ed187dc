import DataTypes
import Glibc
import RecordIO

/// An array whose first axis lies together, written anew in C order, so that rows can be read.
struct FortranOrder {
    let file: RecordFile
    /// Where its elements begin.
    let offset: UInt64
    let shape: ArrayShape

    /// Memory for the rows that are turned at once. An array that is no larger is read at once, too.
    static let blockBytes = 64 << 20
    /// Shorter stretches than this would make reading a crawl.
    private static let shortestRead = 512

    /// The array in a file without a name, which is gone with the last reference.
    func rewritten(in folder: String) throws(ArrayFileError) -> RecordFile {
        let width = shape.elementType.byteWidth
        let rows = shape.extents[0]
        let columns = rows > 0 ? shape.byteCount / width / rows : 0
        guard columns > 0 else { return file }
        let isReadWhole = shape.byteCount <= Self.blockBytes
        let rowsAtOnce = isReadWhole ? rows : min(rows, Self.blockBytes / (columns * width))
        guard isReadWhole || rowsAtOnce * width >= Self.shortestRead else {
            throw .fault(.unturnable(byteCount: shape.byteCount))
        }
        do throws(RecordError) {
            let target = try DataFile.temporaryFile(in: folder)
            do throws(RecordError) {
                var column = RecordBuffer()
                var block = [UInt8](repeating: 0, count: rowsAtOnce * columns * width)
                var first = 0
                if isReadWhole { try file.readBytes(offset..<offset + UInt64(shape.byteCount), into: &column) }
                while first < rows {
                    let count = min(rowsAtOnce, rows - first)
                    for place in 0..<columns {
                        var start = (fortranColumn(of: place) * rows + first) * width
                        if !isReadWhole {
                            let from = offset + UInt64(start)
                            try file.readBytes(from..<from + UInt64(count * width), into: &column)
                            start = 0
                        }
                        unsafe column.withUnsafeBytes { bytes in
                            for row in 0..<count {
                                let to = (row * columns + place) * width
                                for byte in 0..<width { block[to + byte] = unsafe bytes[start + row * width + byte] }
                            }
                        }
                    }
                    try Self.write(block[..<(count * columns * width)], to: target, folder: folder)
                    first += count
                }
            } catch {
                close(target)
                throw error
            }
            return try RecordFile(adopting: target, path: file.path)
        } catch {
            throw .file(error)
        }
    }

    /// The Fortran-order number of the column whose C-order number is `place`, over all axes but the first.
    private func fortranColumn(of place: Int) -> Int {
        var rest = place
        var weight = shape.extents.dropFirst().reduce(1, *)
        var result = 0
        // From the last axis, which counts fastest in C order and slowest in Fortran's.
        for extent in shape.extents.dropFirst().reversed() {
            weight /= extent
            result += rest % extent * weight
            rest /= extent
        }
        return result
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to target: Int32, folder: String) throws(RecordError) {
        var rest = bytes
        while !rest.isEmpty {
            // The bytes are the slice's own for the length of the call.
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(target, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw .system(operation: "write to a file in", path: folder, code: errno)
            }
        }
    }
}
