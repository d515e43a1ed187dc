import CZlib
import DataTypes
import Glibc
import RecordIO

/// Opens what the parameters `data` and `label` name.
struct ArrayOpener {
    let context: IteratorContext
    /// `data` or `label`.
    let parameter: String
    /// What is left for files of unpacked arrays.
    let room: Room

    /// Bytes that the arrays of one stream may still unpack to, or be turned round to, on disk.
    final class Room {
        private var left = DataFile.maximumUnpackedBytes

        fileprivate func take(_ byteCount: UInt64) throws(ArrayFault) {
            guard byteCount <= left else { throw .noRoom(byteCount: byteCount, left: left) }
            left -= byteCount
        }
    }

    /// An array with the name that its file has for it, nil when the file has none.
    typealias Found = (name: String?, array: StoredArray)

    /// - Returns: one array, or all those of an `.npz` file that is named without `#`.
    /// - Throws: `.badParameter`, `.notFound`, `.forbiddenPath`, `.badData`.
    func open(_ text: String) throws(StreamError) -> [Found] {
        if text.hasPrefix(ArrayReference.handedOver) { return [(nil, try handedOver(text))] }
        let (path, member) = Self.split(text)
        if path.hasSuffix(".npy") {
            let file = try open(path: path)
            return [
                (
                    nil,
                    try describing(path) { () throws(ArrayFileError) in
                        try numpy(file, in: 0..<file.byteCount, path: path, origin: .init(file))
                    }
                )
            ]
        }
        if path.hasSuffix(".npz") {
            let file = try open(path: path)
            return try archive(file, path: path, member: member)
        }
        if Self.hdf5Suffixes.contains(where: path.hasSuffix) {
            return [(nil, try hdf5(path, dataset: member))]
        }
        throw StreamError(
            .badParameter, "'\(parameter)' is '\(text.prefix(200))', which names no .npy, .npz or HDF5 file",
            hint: "their names end in .npy, .npz, .h5 or .hdf5; an array of an .npz file is x.npz#name")
    }

    static let hdf5Suffixes = [".h5", ".hdf5"]

    /// The path and what stands behind `#`. A `#` in a folder's name means nothing.
    static func split(_ text: String) -> (path: String, member: String?) {
        for suffix in [".npz"] + hdf5Suffixes {
            guard let end = text.firstRange(of: suffix + "#") else { continue }
            let cut = text.index(before: end.upperBound)
            return (String(text[..<cut]), String(text[end.upperBound...]))
        }
        return (text, nil)
    }

    private func handedOver(_ text: String) throws(StreamError) -> StoredArray {
        let array = try context.handedOver(text, parameter: parameter)
        return StoredArray(
            shape: array.shape, isBigEndian: false, store: .memory(array), origin: nil,
            title: "'\(parameter)': the array '\(array.name)'")
    }

    private func open(path: String) throws(StreamError) -> RecordFile {
        let allowed = try context.authorise(path, parameter)
        do throws(RecordError) {
            return try RecordFile(path: allowed)
        } catch {
            throw StreamError(record: error)
        }
    }

    /// An array in the `.npy` format that lies in `range` of a file.
    private func numpy(
        _ file: RecordFile, in range: Range<UInt64>, path: String, origin: StoredArray.FileState
    ) throws(ArrayFileError) -> StoredArray {
        let available = range.upperBound - range.lowerBound
        let prelude = try file.array(
            range.lowerBound..<range.lowerBound + min(available, UInt64(NumpyHeader.preludeBytes)))
        let count = UInt64(try checked { () throws(ArrayFault) in try NumpyHeader.byteCount(prelude: prelude) })
        guard count <= available else { throw .fault(.truncatedHeader) }
        let bytes = try file.array(range.lowerBound..<range.lowerBound + count)
        let header = try checked { () throws(ArrayFault) in try NumpyHeader(bytes) }
        let start = range.lowerBound + UInt64(header.headerBytes)
        guard UInt64(header.shape.byteCount) <= range.upperBound - start else {
            throw .fault(.truncatedData(needed: header.shape.byteCount, found: range.upperBound - start))
        }
        let title = "'\(parameter)': '\(path)'"
        guard header.isFortranOrder else {
            return StoredArray(
                shape: header.shape, isBigEndian: header.isBigEndian, store: .file(file, offset: start), origin: origin,
                title: title)
        }
        try checked { () throws(ArrayFault) in try room.take(UInt64(header.shape.byteCount)) }
        let turned = try FortranOrder(file: file, offset: start, shape: header.shape).rewritten(in: folder)
        return StoredArray(
            shape: header.shape, isBigEndian: header.isBigEndian, store: .file(turned, offset: 0), origin: origin,
            title: title)
    }

    private func archive(_ file: RecordFile, path: String, member: String?) throws(StreamError) -> [Found] {
        try describing(path) { () throws(ArrayFileError) in
            let archive = try NumpyArchive(file)
            let wanted = archive.members.filter { member == nil || $0.name == member }
            guard !wanted.isEmpty else {
                let names = archive.members.map(\.name)
                throw .fault(
                    .badZip(
                        member == nil
                            ? "no array in it"
                            : "no array '\(member!.prefix(80))' in it; there are \(names.prefix(20))"))
            }
            guard wanted.count <= NDArrayParameters.maximumArrays else {
                throw .fault(.tooManyArrays(count: wanted.count, allowed: NDArrayParameters.maximumArrays))
            }
            var found: [Found] = []
            for member in wanted {
                let range = try archive.dataRange(of: member)
                let held = member.isDeflated ? try unpack(member, range, of: file) : file
                let array = try numpy(
                    held, in: member.isDeflated ? 0..<held.byteCount : range, path: path + "#" + member.name,
                    origin: .init(file))
                found.append((member.name, array))
            }
            return found
        }
    }

    /// A deflated member as a file without a name, which is gone with the stream.
    private func unpack(
        _ member: NumpyArchive.Member, _ range: Range<UInt64>, of file: RecordFile
    ) throws(ArrayFileError) -> RecordFile {
        try checked { () throws(ArrayFault) in try room.take(member.unpackedBytes) }
        do throws(RecordError) {
            let target = try DataFile.temporaryFile(in: folder)
            let status = czlib_inflate_file(
                file.descriptor, range.lowerBound, range.upperBound - range.lowerBound, target, member.unpackedBytes,
                member.checksum)
            let code = errno
            guard status == CZLIB_OK else {
                close(target)
                switch status {
                case CZLIB_READ_FAILED: throw .system(operation: "read", path: file.path, code: code)
                case CZLIB_WRITE_FAILED: throw .system(operation: "unpack to a file in", path: folder, code: code)
                case CZLIB_NO_MEMORY: throw .system(operation: "unpack", path: file.path, code: ENOMEM)
                default:
                    throw .badPacking(
                        file: file.path, offset: range.lowerBound,
                        reason: "the array '\(member.name)' is damaged or its checksum is wrong")
                }
            }
            return try RecordFile(adopting: target, path: file.path)
        } catch {
            throw .file(error)
        }
    }

    private func checked<Result>(_ body: () throws(ArrayFault) -> Result) throws(ArrayFileError) -> Result {
        do throws(ArrayFault) {
            return try body()
        } catch {
            throw .fault(error)
        }
    }

    private var folder: String { context.cacheDirectory ?? "/tmp" }

    private func describing<Result>(
        _ path: String, _ body: () throws(ArrayFileError) -> Result
    ) throws(StreamError) -> Result {
        do throws(ArrayFileError) {
            return try body()
        } catch {
            switch error {
            case .file(let error): throw StreamError(record: error)
            case .fault(let fault):
                var hint = ""
                if case .unservedType = fault { hint = "convert it with numpy.ndarray.astype" }
                throw StreamError(.badData, "'\(parameter)': '\(path)' \(fault)", hint: hint)
            }
        }
    }

    #if HDF5
        private func hdf5(_ path: String, dataset name: String?) throws(StreamError) -> StoredArray {
            guard let name, !name.isEmpty else {
                throw StreamError(
                    .badParameter, "'\(parameter)' is '\(path)', which says no dataset",
                    hint: "name it behind a '#', as x.h5#/group/name")
            }
            // Also says what is wrong with the file itself, in words of the system.
            let file = try open(path: path)
            let title = "'\(parameter)': '\(path)#\(name)'"
            do throws(HDF5Failure) {
                let dataset = try HDF5Dataset(file, dataset: name)
                guard let offset = dataset.offset else {
                    return StoredArray(
                        shape: dataset.shape, isBigEndian: dataset.isBigEndian, store: .dataset(dataset),
                        origin: .init(file), title: title)
                }
                guard offset <= file.byteCount, UInt64(dataset.shape.byteCount) <= file.byteCount - offset else {
                    throw HDF5Failure(reason: "ends before the dataset does")
                }
                return StoredArray(
                    shape: dataset.shape, isBigEndian: dataset.isBigEndian, store: .file(file, offset: offset),
                    origin: .init(file), title: title)
            } catch {
                throw StreamError(.badData, "\(title) \(error.reason)")
            }
        }
    #else
        private func hdf5(_ path: String, dataset: String?) throws(StreamError) -> StoredArray {
            throw StreamError(
                .badParameter, "'\(parameter)' is '\(path)': this headraced is built without HDF5",
                hint: "build it with --traits HDF5, or save the dataset as .npy")
        }
    #endif
}
