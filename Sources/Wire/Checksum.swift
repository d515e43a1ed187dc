internal import CZlib
package import DataTypes
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

    /// The checksum of a batch's payload, whose descriptor table has been written.
    package static func crc32(_ batch: DataBatch) -> UInt32 {
        // The payload is the slab's beginning, which nobody writes to while the batch lives.
        let payload = unsafe UnsafeRawBufferPointer(rebasing: batch.slab.bytes[..<batch.layout.payloadBytes])
        return withExtendedLifetime(batch) { unsafe crc32(RawSpan(_unsafeBytes: payload)) }
    }

    /// The checksum of a buffer's readable bytes.
    package static func crc32(_ buffer: ByteBuffer) -> UInt32 { crc32(buffer.readableBytesSpan) }
}
