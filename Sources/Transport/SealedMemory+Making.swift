internal import CLinux
internal import Glibc

extension SealedMemory {
    private static let addSeals: CInt = 1033
    /// F_SEAL_SEAL: no seal can be added any more, so that all that there are is decided.
    private static let sealSeals: CInt = 1

    /// A new memory file with these bytes, which nobody can change any more. Its tag is `name`.
    ///
    /// It is written, not mapped and filled: a file with a writable mapping cannot be sealed, and one with holes is not served.
    ///
    /// - Throws: `.system`, also where the system has no memory files.
    /// - Complexity: one copy. For a thread that may block.
    package static func make(_ name: String, _ bytes: [UInt8]) throws(DescriptorError) -> PassedDescriptor {
        // The name is a C string for the length of the call.
        let descriptor = unsafe clinux_memory_file("headrace-" + name)
        guard descriptor >= 0 else { throw .system(operation: "make a memory file", code: -descriptor) }
        let file = PassedDescriptor(adopting: descriptor, tag: name)
        var count = 0
        while count < bytes.count {
            let (written, code) = unsafe bytes.withUnsafeBytes { bytes in
                // The rest of the array, which has at least one byte and outlives the call.
                let written = unsafe write(descriptor, bytes.baseAddress! + count, bytes.count - count)
                return (written, errno)
            }
            guard written > 0 || code == EINTR else { throw .system(operation: "write a memory file", code: code) }
            count += max(0, written)
        }
        guard fcntl(descriptor, addSeals, seals.reduce(sealSeals) { $0 | $1.bit }) == 0 else {
            throw .system(operation: "seal a memory file", code: errno)
        }
        return file
    }
}
