import DataTypes
import Testing

@testable import Iterators

/// Headers of `.npy` files, right and wrong.
struct NumpyHeaderTests {
    @Test("every version and element type is read", arguments: [1, 2, 3] as [UInt8])
    func versions(version: UInt8) throws {
        for (descr, type) in [
            ("|b1", ElementType.bool), ("|u1", .uint8), ("|i1", .int8), ("<u2", .uint16), ("<i2", .int16),
            ("<u4", .uint32), ("<i4", .int32), ("<u8", .uint64), ("<i8", .int64), ("<f2", .float16),
            ("<f4", .float32), ("<f8", .float64), ("=f4", .float32),
        ] {
            let header = try NumpyHeader(NumpyFixture.npy(descr, shape: [3, 4], version: version, data: []))
            #expect(header.shape == ArrayShape(elementType: type, extents: [3, 4]))
            #expect(!header.isBigEndian && !header.isFortranOrder)
        }
        #expect(try NumpyHeader(NumpyFixture.npy(">f8", shape: [3], version: version, data: [])).isBigEndian)
        // One byte has no order.
        #expect(try !NumpyHeader(NumpyFixture.npy(">u1", shape: [3], version: version, data: [])).isBigEndian)
    }

    @Test(
        "headers that other writers make are read",
        arguments: [
            "{'shape':(2,3),'fortran_order':False,'descr':'<f4'}",
            "{\"descr\": \"<f4\",\n \"fortran_order\" : False, \"shape\": ( 2 , 3 ) }",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }",
        ])
    func spellings(text: String) throws {
        let header = try NumpyHeader(NumpyFixture.npy(shape: [], header: text, data: []))
        #expect(header.shape.extents == [2, 3])
    }

    @Test("one axis that counts is the same in both orders")
    func orders() throws {
        for shape in [[5], [1, 5, 1], [5, 1]] {
            #expect(try !NumpyHeader(NumpyFixture.npy(shape: shape, fortran: true, data: [])).isFortranOrder)
        }
        #expect(try NumpyHeader(NumpyFixture.npy(shape: [5, 2], fortran: true, data: [])).isFortranOrder)
    }

    @Test(
        "headers that cannot be true are refused for their reason",
        arguments: [
            ("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", "type '|O'"),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", "several fields"),
            ("{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", "type '<c8'"),
            ("{'descr': '<U4', 'fortran_order': False, 'shape': (3,), }", "type '<U4'"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }", "no whole number"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }", "too large"),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
                "which no array can have"
            ),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 4), }", "no array can have"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': 3, }", "no '('"),
            ("{'descr': '<f4', 'fortran_order': 1, 'shape': (3,), }", "neither True nor False"),
            ("{'descr': '<f4', 'shape': (3,), }", "exactly the keys"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 'x'}", "unknown key 'more'"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x", "exactly the keys"),
            ("{'descr': '<f4", "without an end"),
            ("", "no '{'"),
            ("__import__('os').system('true')", "no '{'"),
        ])
    func refusals(text: String, words: String) {
        let error = #expect(throws: ArrayFault.self) {
            try NumpyHeader(NumpyFixture.npy(shape: [], header: text, data: []))
        }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test("a header cut at any byte is refused, and so is one that claims a length of its own")
    func cuts() throws {
        let whole = NumpyFixture.npy(shape: [2, 3], version: 2, data: [])
        for count in 0..<whole.count {
            #expect(throws: ArrayFault.self, "\(count)") { try NumpyHeader(Array(whole.prefix(count))) }
        }
        var long = whole
        long[10] = 1
        #expect(throws: ArrayFault.headerTooLong(byteCount: Int(whole[8]) + 0x1_0000, limit: 65_536)) {
            try NumpyHeader(long)
        }
        long[6] = 9
        #expect(throws: ArrayFault.unknownVersion(major: 9, minor: 0)) { try NumpyHeader(long) }
        long[0] = 0x92
        #expect(throws: ArrayFault.notNumpy) { try NumpyHeader(long) }
    }
}
