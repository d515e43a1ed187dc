import DataTypes
import Iterators
import TestSupport
import Testing

/// What the tests that run over every iterator must know of one: how its data is made, and how a record is recognised.
///
/// A new iterator brings one of these, and a line in `all`.
struct IteratorFixture: Sendable, CustomTestStringConvertible {
    let kind: IteratorKind
    /// Writes `count` records, those of `damaged` so that they cannot be delivered, and gives the parameters that serve
    /// them whatever else is asked for.
    let write:
        @Sendable (_ folder: TemporaryFolder, _ count: Int, _ damaged: Set<Int>) throws -> [String: ParameterValue]
    /// The record that each tensor of a row says it is of, data first; the index tensor is left out.
    let records: @Sendable (_ row: [[UInt8]]) -> [Int]

    /// The bytes of each row, tensor by tensor, without the index tensor.
    var rows: @Sendable (_ batch: BatchCopy) -> [[[UInt8]]] = Self.evenRows
    /// What `index` holds for a record.
    var id: @Sendable (_ record: Int) -> UInt64 = { UInt64($0) }
    var partitions = ["count", "bytes", "global"]
    /// Whether a single record can be bad.
    var canBeDamaged = true
    /// Serves every record once an epoch.
    var whole: [String: ParameterValue] = ["round_batch": .bool(false)]
    /// Rows behind the data of a whole epoch are zero; otherwise they repeat its first records.
    var emptiesRows = true
    /// Fills the last batch from the data's start, behind which the next epoch then begins; nil: there is no such mode.
    var carriesOver: [String: ParameterValue]? = ["round_batch": .bool(true)]
    /// Leaves out what does not fill a batch; nil: there is no such mode.
    var drops: [String: ParameterValue]?

    /// Rows of tensors in which all rows take the same room.
    private static let evenRows: @Sendable (BatchCopy) -> [[[UInt8]]] = { batch in
        let count = batch.index.count
        return (0..<count).map { row in
            batch.tensors.dropLast().map { Array($0[$0.count / count * row..<$0.count / count * (row + 1)]) }
        }
    }

    var testDescription: String { kind.name }

    /// The fixture of a kind in the catalog, by its name.
    static func kind(_ name: String) -> IteratorKind {
        // A name that is not in the catalog is a slip in these tests.
        IteratorCatalog.all.first { $0.name == name }!
    }
}
