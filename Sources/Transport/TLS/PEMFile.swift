internal import Glibc
internal import NIOSSL

/// Reads certificates and keys from files. Blocks, for a moment.
enum PEMFile {
    private static let limitBytes = 4 << 20

    static func certificates(_ file: String) throws(TLSFileError) -> [NIOSSLCertificate] {
        let bytes = try bytes(file)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw .noCertificate(file: file)
        }
        return certificates
    }

    static func key(_ file: String) throws(TLSFileError) -> NIOSSLPrivateKey {
        let bytes = try bytes(file)
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else { throw .noKey(file: file) }
        return key
    }

    private static func bytes(_ file: String) throws(TLSFileError) -> [UInt8] {
        // The path is only read. Not waiting, should it be a pipe that nobody writes to.
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotRead(file: file, errorNumber: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            // The kernel writes at most as many bytes as the chunk has.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw .cannotRead(file: file, errorNumber: errno)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limitBytes else { throw .tooLarge(file: file, limitBytes: limitBytes) }
        }
    }
}
