package import NIOCore

/// The 32 bytes in front of every payload (`protocol/SPEC.md` §2).
///
/// ```
/// 0      4    5     6        8        16     20       24       28              32
/// ├ HDRC ┼type┼flags┼reserved┼ length ┼stream┼sequence┼checksum┼header checksum┤
/// ```
package struct FrameHeader: Sendable, Hashable {
    package var type: FrameType
    /// Whether `checksum` holds the payload's CRC-32.
    package var hasChecksum: Bool
    package var lengthBytes: Int
    package var stream: UInt32
    package var sequence: UInt32
    package var checksum: UInt32

    package static let magic: UInt32 = 0x4352_4448
    static let checksumFlag: UInt8 = 1

    package init(
        type: FrameType, lengthBytes: Int, stream: UInt32, sequence: UInt32, checksum: UInt32? = nil
    ) {
        self.type = type
        self.lengthBytes = lengthBytes
        self.stream = stream
        self.sequence = sequence
        hasChecksum = checksum != nil
        self.checksum = checksum ?? 0
    }

    /// Writes the 32 bytes.
    package func write(into buffer: inout ByteBuffer) {
        var header = ByteBuffer()
        header.reserveCapacity(WireLimits.headerBytes)
        header.writeInteger(Self.magic, endianness: .little)
        header.writeInteger(type.rawValue)
        header.writeInteger(hasChecksum ? Self.checksumFlag : 0)
        header.writeInteger(UInt16(0))
        header.writeInteger(UInt64(lengthBytes), endianness: .little)
        header.writeInteger(stream, endianness: .little)
        header.writeInteger(sequence, endianness: .little)
        header.writeInteger(checksum, endianness: .little)
        header.writeInteger(Checksum.crc32(header), endianness: .little)
        buffer.writeImmutableBuffer(header)
    }
}

/// A header as it was read: of a known type, or of one that a later minor version added and this one passes over.
enum ReadHeader {
    case known(FrameHeader)
    case skipped(lengthBytes: Int)

    /// Takes 32 bytes from `buffer` and checks them in the order that the protocol states.
    ///
    /// - Parameters:
    ///   - maxBatchBytes: the limit of a BATCH payload.
    ///   - sequence: what the frame's number must be.
    /// - Returns: nil while there are fewer than 32 bytes, and no reason yet to refuse them.
    init?(from buffer: inout ByteBuffer, maxBatchBytes: Int, sequence: UInt32) throws(FrameError) {
        guard
            let magic = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self)
        else { return nil }
        guard magic == FrameHeader.magic else {
            let bytes = buffer.getBytes(at: buffer.readerIndex, length: 4) ?? []
            throw HTTPRefusal.matches(bytes) && sequence == 0 ? .http : .badMagic(found: magic)
        }
        guard var header = buffer.readSlice(length: WireLimits.headerBytes),
            let covered = header.getSlice(at: header.readerIndex, length: WireLimits.headerBytes - 4),
            let _: UInt32 = header.readInteger(),
            let code: UInt8 = header.readInteger(),
            let flags: UInt8 = header.readInteger(),
            let reserved: UInt16 = header.readInteger(endianness: .little),
            let length: UInt64 = header.readInteger(endianness: .little),
            let stream: UInt32 = header.readInteger(endianness: .little),
            let number: UInt32 = header.readInteger(endianness: .little),
            let checksum: UInt32 = header.readInteger(endianness: .little),
            let headerChecksum: UInt32 = header.readInteger(endianness: .little)
        else { return nil }

        let computed = Checksum.crc32(covered)
        guard headerChecksum == computed else {
            throw .badHeaderChecksum(stated: headerChecksum, computed: computed)
        }
        guard reserved == 0 else { throw .reservedNotZero(reserved) }
        let type = FrameType(rawValue: code)
        guard type != nil || code >= 0x80 else { throw .unknownType(code) }
        if let type, !type.allows(stream: stream) { throw .badStream(type, stream) }
        let limit =
            switch type {
            case .batch: maxBatchBytes
            case .ping, .pong: WireLimits.pingPayloadBytes
            default: WireLimits.controlPayloadBytes
            }
        guard length <= UInt64(limit) else {
            throw .tooLong(typeCode: code, lengthBytes: length, limitBytes: UInt64(limit))
        }
        guard number == sequence else { throw .badSequence(expected: sequence, found: number) }
        // Not above a limit that is an `Int`.
        let lengthBytes = Int(length)
        guard let type else {
            self = .skipped(lengthBytes: lengthBytes)
            return
        }
        let isChecked = flags & FrameHeader.checksumFlag != 0
        self = .known(
            FrameHeader(
                type: type, lengthBytes: lengthBytes, stream: stream, sequence: number,
                checksum: isChecked ? checksum : nil))
    }
}
