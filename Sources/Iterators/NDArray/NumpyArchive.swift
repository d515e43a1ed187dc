import CZlib
import DataTypes
import RecordIO

/// The members of an `.npz` file: a zip archive, with or without zip64, members stored or deflated.
struct NumpyArchive {
    struct Member: Equatable {
        /// Without `.npy`.
        var name: String
        var isDeflated: Bool
        /// CRC-32 of the unpacked bytes.
        var checksum: UInt32
        var packedBytes: UInt64
        var unpackedBytes: UInt64
        /// Where its local header is.
        var headerOffset: UInt64
    }

    /// More than any archive of arrays has; a directory of that many is read into memory.
    private static let maximumMembers = 4096
    private static let maximumDirectoryBytes: UInt64 = 4 << 20

    let file: RecordFile
    let members: [Member]

    init(_ file: RecordFile) throws(ArrayFileError) {
        self.file = file
        let (offset, count, byteCount) = try Self.directory(file)
        guard count <= Self.maximumMembers, byteCount <= Self.maximumDirectoryBytes else {
            throw .fault(.badZip("a directory of \(count) members in \(byteCount) bytes"))
        }
        guard offset <= file.byteCount, byteCount <= file.byteCount - offset else {
            throw .fault(.badZip("its directory lies behind its end"))
        }
        let bytes = try file.array(offset..<offset + byteCount)
        var members: [Member] = []
        var position = 0
        for _ in 0..<count {
            guard let (member, length) = try Self.member(bytes, at: position) else {
                throw .fault(.badZip("a directory entry that is none"))
            }
            position += length
            if let member { members.append(member) }
        }
        self.members = members
    }

    /// Where the elements of `member` lie once their local header is passed over.
    func dataRange(of member: Member) throws(ArrayFileError) -> Range<UInt64> {
        guard member.headerOffset <= file.byteCount, file.byteCount - member.headerOffset >= 30 else {
            throw .fault(.badZip("'\(member.name)' lies behind its end"))
        }
        let header = try file.array(member.headerOffset..<member.headerOffset + 30)
        guard header.word(0) == 0x0403_4B50 else { throw .fault(.badZip("'\(member.name)' has no header")) }
        let start = member.headerOffset + 30 + UInt64(header.half(26)) + UInt64(header.half(28))
        guard start <= file.byteCount, member.packedBytes <= file.byteCount - start else {
            throw .fault(.badZip("'\(member.name)' ends behind its end"))
        }
        return start..<start + member.packedBytes
    }

    /// Place, entries and size of the central directory, from the record at the archive's end.
    private static func directory(
        _ file: RecordFile
    ) throws(ArrayFileError) -> (offset: UInt64, count: UInt64, byteCount: UInt64) {
        // A comment of 65,535 bytes may stand behind the record.
        let tailStart = file.byteCount - min(file.byteCount, 65_557)
        let tail = try file.array(tailStart..<file.byteCount)
        guard tail.count >= 22,
            let end = stride(from: tail.count - 22, through: 0, by: -1).first(where: {
                tail.word($0) == 0x0605_4B50 && $0 + 22 + Int(tail.half($0 + 20)) == tail.count
            })
        else { throw .fault(.notZip) }
        let count = UInt64(tail.half(end + 10))
        let byteCount = UInt64(tail.word(end + 12))
        let offset = UInt64(tail.word(end + 16))
        guard count == 0xFFFF || byteCount == 0xFFFF_FFFF || offset == 0xFFFF_FFFF else {
            return (offset, count, byteCount)
        }
        // The zip64 record's place stands in the 20 bytes in front.
        guard end >= 20, tail.word(end - 20) == 0x0706_4B50 else { return (offset, count, byteCount) }
        let place = tail.long(end - 12)
        guard place <= file.byteCount, file.byteCount - place >= 56 else {
            throw .fault(.badZip("its zip64 record lies behind its end"))
        }
        let record = try file.array(place..<place + 56)
        guard record.word(0) == 0x0606_4B50 else { throw .fault(.badZip("no zip64 record where one is due")) }
        return (record.long(48), record.long(32), record.long(40))
    }

    /// The entry at `position` and its length; the member is nil when it is no array.
    private static func member(
        _ bytes: [UInt8], at position: Int
    ) throws(ArrayFileError) -> (Member?, length: Int)? {
        guard bytes.count - position >= 46, bytes.word(position) == 0x0201_4B50 else { return nil }
        let nameLength = Int(bytes.half(position + 28))
        let extraLength = Int(bytes.half(position + 30))
        let length = 46 + nameLength + extraLength + Int(bytes.half(position + 32))
        guard bytes.count - position >= length else { return nil }
        let name = String(decoding: bytes[(position + 46)..<(position + 46 + nameLength)], as: UTF8.self)
        guard name.hasSuffix(".npy") else { return (nil, length) }
        let method = bytes.half(position + 10)
        guard method == 0 || method == 8, bytes.half(position + 8) & 1 == 0 else {
            throw .fault(
                .badZip("'\(name.prefix(80))' is encrypted, or packed in another way than NumPy's (\(method))"))
        }
        var sizes = [
            UInt64(bytes.word(position + 24)), UInt64(bytes.word(position + 20)), UInt64(bytes.word(position + 42)),
        ]
        // The zip64 field holds, in this order, those of the sizes that are all ones in the entry.
        var extra = position + 46 + nameLength
        let end = extra + extraLength
        while end - extra >= 4 {
            let size = Int(bytes.half(extra + 2))
            guard end - extra - 4 >= size else { break }
            if bytes.half(extra) == 1 {
                var next = extra + 4
                for index in sizes.indices where sizes[index] == 0xFFFF_FFFF && extra + 4 + size - next >= 8 {
                    sizes[index] = bytes.long(next)
                    next += 8
                }
            }
            extra += 4 + size
        }
        guard method == 8 || sizes[0] == sizes[1] else {
            throw .fault(.badZip("'\(name.prefix(80))' has two sizes"))
        }
        return (
            Member(
                name: String(name.dropLast(4)), isDeflated: method == 8, checksum: bytes.word(position + 16),
                packedBytes: sizes[1], unpackedBytes: sizes[0], headerOffset: sizes[2]), length
        )
    }
}

/// A file that holds no array, or cannot be read.
enum ArrayFileError: Error {
    case fault(ArrayFault)
    case file(RecordError)
}

extension RecordFile {
    /// Bytes of the file in memory of their own.
    func array(_ range: Range<UInt64>) throws(ArrayFileError) -> [UInt8] {
        do throws(RecordError) {
            var buffer = RecordBuffer()
            try readBytes(range, into: &buffer)
            let count = Int(range.upperBound - range.lowerBound)
            // `readBytes` puts zeros behind what was asked for.
            return unsafe buffer.withUnsafeBytes { unsafe Array($0.prefix(count)) }
        } catch {
            throw .file(error)
        }
    }
}

extension [UInt8] {
    /// Little-endian numbers at a position that the caller has checked.
    fileprivate func half(_ position: Int) -> UInt16 { UInt16(self[position]) | UInt16(self[position + 1]) << 8 }

    fileprivate func word(_ position: Int) -> UInt32 {
        UInt32(half(position)) | UInt32(half(position + 2)) << 16
    }

    fileprivate func long(_ position: Int) -> UInt64 {
        UInt64(word(position)) | UInt64(word(position + 4)) << 32
    }
}
