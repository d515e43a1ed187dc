internal import NIOCore

/// Why a file cannot be used for TLS.
package enum TLSFileError: Error, Sendable, Hashable, CustomStringConvertible {
    case cannotRead(file: String, errorNumber: CInt)
    case tooLarge(file: String, limitBytes: Int)
    case noCertificate(file: String)
    /// No private key, or one that only a passphrase opens.
    case noKey(file: String)
    case mismatch(certificate: String, key: String)

    package var description: String {
        switch self {
        case .cannotRead(let file, let number):
            "\(file) cannot be read: \(IOError(errnoCode: number, reason: "open").description); "
                + "it must be there, and readable for this user"
        case .tooLarge(let file, let limit): "\(file) has more than \(limit) bytes, which no certificate or key has"
        case .noCertificate(let file):
            "\(file) has no usable certificate; it must be PEM text, with a line -----BEGIN CERTIFICATE-----"
        case .noKey(let file):
            "\(file) has no usable private key; it must be PEM text without a passphrase "
                + "(`openssl pkey -in FILE -out NEW` takes it off)"
        case .mismatch(let certificate, let key):
            "the key in \(key) does not belong to the certificate in \(certificate); give both of the same renewal, "
                + "with the server's own certificate first"
        }
    }
}
