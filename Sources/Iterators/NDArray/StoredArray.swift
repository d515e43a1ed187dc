import DataTypes
import RecordIO

/// An array that is open for reading: where its elements lie, in C order, and what they are.
struct StoredArray: Sendable {
    enum Store: Sendable {
        /// The elements begin at `offset` of a file.
        case file(RecordFile, offset: UInt64)
        case memory(HandedArray)
        #if HDF5
            case dataset(HDF5Dataset)
        #endif
    }

    /// What tells one state of the file that a user names from another.
    struct FileState: Sendable {
        let byteCount: UInt64
        let modificationNanoseconds: Int64

        init(_ file: RecordFile) {
            byteCount = file.byteCount
            modificationNanoseconds = file.modificationNanoseconds
        }
    }

    let shape: ArrayShape
    /// Whether the elements' bytes must be turned round.
    let isBigEndian: Bool
    let store: Store
    /// The file that the user names, nil for an array that was handed over. Elements that had to be unpacked or turned round
    /// lie in another one, which is as young as the stream and says nothing about the data.
    let origin: FileState?
    /// What messages call it: `'data': '/data/x.npy'`.
    let title: String
    /// The file, for reports of rows that cannot be read.
    var path: String {
        switch store {
        case .file(let file, _): file.path
        case .memory(let array): ArrayReference.handedOver + array.name
        #if HDF5
            case .dataset(let dataset): dataset.path
        #endif
        }
    }

    /// Reads elements as they are stored, to `bytes`.
    ///
    /// - Parameter offset: in bytes from the first element. What is asked for lies inside the array.
    @inline(__always)
    func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(RecordError) {
        switch store {
        case .file(let file, let start):
            unsafe try file.read(at: start + UInt64(offset), into: bytes)
        case .memory(let array):
            // Slices of raw pointers check their bounds in debug builds only.
            precondition(unsafe offset >= 0 && bytes.count <= array.bytes.count - offset)
            unsafe bytes.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: array.bytes[offset..<offset + bytes.count]))
        #if HDF5
            case .dataset: preconditionFailure("datasets are read by rows")
        #endif
        }
    }

    func readAhead(at offset: Int, byteCount: Int) {
        if case .file(let file, let start) = store {
            file.readAhead(offset: start + UInt64(offset), byteCount: UInt64(byteCount))
        }
    }

    /// Of a file, its name, size, time of change and the array's header; of an array that was handed over, its contents.
    ///
    /// Neither the folder nor the inode: a copy of the data on another machine is the same data.
    func addFingerprint(to fingerprint: inout Fingerprint) {
        if case .memory(let array) = store {
            for word in 0..<2 { fingerprint.combine(array.fingerprint.words[word]) }
        }
        guard let origin else { return }
        fingerprint.combine(title.split(separator: "/").last.map(String.init) ?? "")
        fingerprint.combine(origin.byteCount)
        fingerprint.combine(UInt64(bitPattern: origin.modificationNanoseconds))
        fingerprint.combine(shape.elementType.rawValue + (isBigEndian ? ">" : "<"))
        for extent in shape.extents { fingerprint.combine(UInt64(extent)) }
        if case .file(_, let offset) = store { fingerprint.combine(offset) }
    }
}
