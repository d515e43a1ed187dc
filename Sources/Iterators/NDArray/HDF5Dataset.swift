#if HDF5
    import CHDF5
    import DataTypes
    import Glibc
    import RecordIO
    import Synchronization

    /// A dataset of an HDF5 file whose elements the library has to unpack.
    ///
    /// The library is not thread-safe, so everything in it happens under one lock: the only place where a decode thread waits
    /// for another. Datasets whose elements lie in the file as they are do not come here; they are read like any array.
    final class HDF5Dataset: @unchecked Sendable {
        // The handles are only used under the lock.
        private static let library = Mutex(())
        private var handles: chdf5_dataset
        let path: String
        let shape: ArrayShape
        let isBigEndian: Bool
        /// Where the elements begin in the file when they lie there as they are.
        let offset: UInt64?

        /// - Throws: the reason, for a sentence that begins with the file.
        init(_ file: RecordFile, dataset: String) throws(HDF5Failure) {
            // By the descriptor: at the path there may be another file by now.
            let openPath = "/proc/self/fd/\(file.descriptor)"
            var handles = chdf5_dataset()
            var message = [CChar](repeating: 0, count: Int(CHDF5_MESSAGE_BYTES))
            // The texts are C strings for the call, and the message has the room that the shim fills.
            let status = Self.library.withLock { _ in
                unsafe chdf5_open(openPath, dataset, &handles, &message)
            }
            guard status == 0 else {
                throw HDF5Failure(
                    reason: String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
            let extents = unsafe withUnsafeBytes(of: handles.extents) { bytes in
                (0..<Int(handles.rank)).map {
                    // `rank` is at most the tuple's length.
                    Int(clamping: unsafe bytes.load(fromByteOffset: 8 * $0, as: UInt64.self))
                }
            }
            guard let type = Self.elementType(handles), let shape = ArrayShape(elementType: type, extents: extents)
            else {
                Self.library.withLock { _ in unsafe chdf5_close(&handles) }
                throw HDF5Failure(reason: "has the shape \(extents), which no array can have")
            }
            self.handles = handles
            self.path = file.path
            self.shape = shape
            isBigEndian = handles.big_endian != 0
            offset = handles.offset == .max ? nil : handles.offset
        }

        // The handles are this object's own, and nobody has it any more.
        deinit { Self.library.withLock { _ in unsafe chdf5_close(&handles) } }

        /// Reads the elements whose index along `axis` is in `range`, as they are stored, in C order.
        ///
        /// - Precondition: `bytes` has exactly their room.
        func read(axis: Int, _ range: Range<Int>, into bytes: UnsafeMutableRawBufferPointer) throws(RecordError) {
            let status = Self.library.withLock { _ in
                unsafe chdf5_read(
                    &handles, UInt32(axis), UInt64(range.lowerBound), UInt64(range.count), bytes.baseAddress)
            }
            guard status == 0 else { throw .system(operation: "read", path: path, code: EIO) }
        }

        private static func elementType(_ handles: chdf5_dataset) -> ElementType? {
            switch (handles.kind, handles.width) {
            case (CHDF5_BOOL, 1): .bool
            case (CHDF5_UNSIGNED, 1): .uint8
            case (CHDF5_UNSIGNED, 2): .uint16
            case (CHDF5_UNSIGNED, 4): .uint32
            case (CHDF5_UNSIGNED, 8): .uint64
            case (CHDF5_SIGNED, 1): .int8
            case (CHDF5_SIGNED, 2): .int16
            case (CHDF5_SIGNED, 4): .int32
            case (CHDF5_SIGNED, 8): .int64
            case (CHDF5_FLOAT, 2): .float16
            case (CHDF5_FLOAT, 4): .float32
            case (CHDF5_FLOAT, 8): .float64
            default: nil
            }
        }
    }

    /// Why a dataset cannot be served.
    struct HDF5Failure: Error { let reason: String }
#endif
