import RecordIO
import Synchronization

/// Reads a file's records one after another, for whichever thread asks.
final class RecordFeed: Sendable {
    /// A record as it stands in the file.
    struct Record: Sendable {
        var ordinal: Int
        var offset: UInt64
        var payload: [UInt8]
    }

    private struct State: ~Copyable {
        var reader: RecordReader
        var buffer = RecordBuffer()
        var count = 0
        var failure: RecordError?
    }

    private let state: Mutex<State>

    /// - Parameter isStrict: a damaged stretch ends the reading with an error; otherwise it is passed over.
    init(_ file: RecordFile, isStrict: Bool) {
        state = Mutex(State(reader: RecordReader(file: file, onDamage: isStrict ? .fail : .resynchronise)))
    }

    /// The next record; nil at the end of the file, and where reading fails.
    func next() -> Record? {
        state.withLock { state in
            do throws(RecordError) {
                guard state.failure == nil, try state.reader.next(into: &state.buffer) else { return nil }
                state.count += 1
                // Copied while the buffer is lent.
                let payload = unsafe state.buffer.withUnsafeBytes { unsafe Array($0) }
                return Record(ordinal: state.count - 1, offset: state.reader.recordOffset, payload: payload)
            } catch {
                state.failure = error
                return nil
            }
        }
    }

    /// - Returns: stretches that were no records and have been passed over.
    /// - Throws: why reading ended before the end of the file.
    func finish() throws(RecordError) -> DamageReport {
        let (failure, damage) = state.withLock { ($0.failure, $0.reader.damage) }
        if let failure { throw failure }
        return damage
    }
}
