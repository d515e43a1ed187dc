import Glibc

/// What can be fuzzed. Each takes any bytes, and must neither trap, nor hang, nor take memory beyond the limit.
enum FuzzTarget: String, CaseIterable {
    /// Bytes in any pieces into the frame decoder, and what comes out into the messages.
    case frames
    /// Frames and the stream's answers into the server's session.
    case server
    /// Frames and the user's wishes into the client's session.
    case client
    /// The table and the tensors of a BATCH, as a client reads them.
    case batch
    /// The JSON of OPEN, as far as a batch of the stream that it opens.
    case open
    /// Requests to the admin pages.
    case admin
    /// A configuration file.
    case configuration
    /// Files of data: what each format's iterator makes of any bytes.
    case records, lists, csv, libsvm, mnist, numpy
    /// Pictures, whole and in part.
    case images

    /// The one that the environment names.
    static let chosen = getenv("HEADRACE_FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }

    func run(_ input: FuzzInput) {
        switch self {
        case .frames: FrameTarget.run(input)
        case .server: ServerTarget.run(input)
        case .client: ClientTarget.run(input)
        case .batch: BatchTarget.run(input)
        case .open: OpenTarget.run(input)
        case .admin: AdminTarget.run(input)
        case .configuration: ConfigurationTarget.run(input)
        case .records: FileTarget.records.run(input)
        case .lists: FileTarget.lists.run(input)
        case .csv: FileTarget.csv.run(input)
        case .libsvm: FileTarget.libsvm.run(input)
        case .mnist: FileTarget.mnist.run(input)
        case .numpy: FileTarget.numpy.run(input)
        case .images: ImageTarget.run(input)
        }
    }
}
