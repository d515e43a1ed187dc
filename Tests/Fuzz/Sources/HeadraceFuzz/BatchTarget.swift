import NIOCore
import Wire

/// The number of bytes of tensors, the JSON of a descriptor table, a zero, and the bytes of the tensors, which are filled up
/// with zeros. Whatever a table is taken for describes memory inside the payload.
enum BatchTarget {
    static func run(_ input: FuzzInput) {
        guard let payload = payload(input), let header = try? BatchHeader(reading: payload) else { return }
        var tensors = header.data + header.label + [header.index]
        for sparse in header.sparse.values { tensors += [sparse.indices, sparse.indptr] }
        var end = 0
        for tensor in tensors.sorted(by: { $0.offset < $1.offset }) {
            expect(tensor.offset >= end, "\(tensor.desc.name) overlaps what is before it")
            expect(tensor.offset % 64 == 0, "\(tensor.desc.name) is not aligned")
            end = tensor.offset + tensor.desc.byteCount
            expect(end <= payload.readableBytes, "\(tensor.desc.name) ends outside the payload")
        }
        expect(header.pad >= 0 && header.pad <= header.index.desc.shape[0], "pad is \(header.pad)")
    }

    /// nil when the table is longer than any.
    static func payload(_ input: FuzzInput) -> ByteBuffer? {
        var input = input
        let tensorBytes = input.number()
        let bytes = input.remainder()
        let json = bytes.prefix { $0 != 0 }
        let tableBytes = (8 + json.count + 63) / 64 * 64 - 8
        guard tableBytes <= WireLimits.controlPayloadBytes else { return nil }
        var payload = ByteBuffer()
        payload.writeInteger(UInt64(tableBytes), endianness: .little)
        payload.writeBytes(json)
        payload.writeRepeatingByte(UInt8(ascii: " "), count: tableBytes - json.count)
        let tensors = bytes.dropFirst(json.count + 1).prefix(tensorBytes)
        payload.writeBytes(tensors)
        payload.writeRepeatingByte(0, count: tensorBytes - tensors.count)
        return payload
    }
}
