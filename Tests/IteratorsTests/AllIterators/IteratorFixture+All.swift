import DataTypes
import ExampleIterator
import Iterators

extension IteratorFixture {
    /// One for each kind of the catalog, and one for the example of an iterator of one's own.
    static let all: [IteratorFixture] = [
        .images("ImageRecordIter", asFloats: true), .images("ImageRecordUInt8Iter", asFloats: false),
        .images("ImageRecordInt8Iter", asFloats: false), .images("ImageRecordIter_v1", asFloats: true),
        .images("ImageRecordUInt8Iter_v1", asFloats: false), .objects, .imageFiles, .imageObjects, .csv, .libSVM,
        .mnist, .arrays, .rawRecords, .cifar,
    ]
}
