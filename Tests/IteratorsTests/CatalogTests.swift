import DataTypes
import Iterators
import Testing

struct CatalogTests {
    @Test("every parameter of every iterator has a legal default, a unique name and a sentence about it")
    func specs() throws {
        for kind in IteratorCatalog.all {
            #expect(Set(kind.specs.map(\.name)).count == kind.specs.count, "\(kind.name)")
            for spec in kind.specs {
                #expect(spec.summary.hasSuffix("."), "\(kind.name).\(spec.name)")
                guard let value = spec.defaultValue, value != .null else { continue }
                #expect(try spec.normalise(value) == value, "\(kind.name).\(spec.name)")
            }
            let names = Set(kind.specs.map(\.name))
            #expect(names.isSuperset(of: kind.pathParameters))
            #expect(Set(kind.pathParameters).isSuperset(of: kind.pathListParameters))
            #expect(Set(kind.pathParameters).isDisjoint(with: kind.nestedPathParameters))
        }
    }

    @Test("an unknown iterator is answered with the nearest name")
    func unknown() {
        let error = #expect(throws: StreamError.self) { try IteratorCatalog.kind(named: "ImageRecordIt") }
        #expect(error?.code == .unknownIterator && error?.hint.contains("ImageRecordIter") == true)
    }
}
