internal import CZlib
package import NIOCore

/// CRC-32 (ISO-HDLC), as zlib, PNG and gzip have it.
package enum Checksum {
    /// The checksum of `bytes`, continuing from `seed`, which is 0 for the first part.
    package static func crc32(_ bytes: RawSpan, seed: UInt32 = 0) -> UInt32 {
        // zlib only reads, and only `count` bytes from the span's start, while the span is borrowed.
        unsafe bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return seed }
            return unsafe czlib_crc32(seed, base.assumingMemoryBound(to: UInt8.self), buffer.count)
        }
    }

    /// The checksum of a buffer's readable bytes.
    package static func crc32(_ buffer: ByteBuffer) -> UInt32 { crc32(buffer.readableBytesSpan) }
}
