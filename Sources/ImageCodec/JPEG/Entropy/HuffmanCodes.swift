import CJPEG
import Glibc

/// Huffman codes as a file has them (ITU T.81, B.2.4.2): how many there are of each length, and their values.
struct HuffmanCodes: BitwiseCopyable {
    /// Of the codes of 1 to 16 bits, behind one that means nothing.
    private(set) var counts: [17 of UInt8]
    /// In the order of their codes.
    private(set) var values: [256 of UInt8]

    /// - Parameter codes: pointers to as many bytes as `cjpeg_codes` says.
    @unsafe
    mutating func assign(_ codes: cjpeg_codes) {
        for i in counts.indices { unsafe counts[i] = codes.counts[i] }
        for i in values.indices { unsafe values[i] = codes.values[i] }
    }

    /// - Parameter codes: as above.
    @unsafe
    func isEqual(to codes: cjpeg_codes) -> Bool {
        // Both sides have the lengths of the two arrays.
        unsafe counts.span.withUnsafeBytes { unsafe memcmp($0.baseAddress!, codes.counts, $0.count) == 0 }
            && values.span.withUnsafeBytes { unsafe memcmp($0.baseAddress!, codes.values, $0.count) == 0 }
    }
}
