import DataTypes
import Iterators
import Synchronization
import TestSupport
import Testing

/// Lists of images that come as an array of text.
struct ImageListArrayTests {
    private static func text(_ count: Int, path: (Int) -> String = ImageFolderFixture.name) -> String {
        "[" + (0..<count).map { "[\(100 + $0).0,\"\(path($0))\"]" }.joined(separator: ",") + "]"
    }

    private static func context(_ bytes: [UInt8], _ type: ElementType = .uint8) -> IteratorContext {
        var context = IteratorContext()
        let extent = bytes.count / type.byteWidth
        context.arrays["l"] = HandedArray(
            name: "l", shape: ArrayShape(elementType: type, extents: [extent])!, copying: bytes)
        return context
    }

    private static let more: [String: ParameterValue] = ["path_imglist": .null, "imglist": .string("array:l")]

    @Test("it gives the batches and the hashes that the same list gives as a parameter")
    func same() async throws {
        let fixture = try ImageFolderFixture(count: 9)
        let context = Self.context(Array(Self.text(9).utf8))
        var plain = Self.more
        plain["imglist"] = .string(Self.text(9))
        #expect(try await fixture.epochs(2, Self.more, context: context) == fixture.epochs(2, plain))
        let (info, expected) = (try fixture.open(Self.more, context: context).info, try fixture.open(plain).info)
        #expect(info.manifestHash == expected.manifestHash && info.specHash == expected.specHash)
        #expect(info.recordCount == 9)
    }

    @Test(
        "what is no list of images is refused with its place",
        arguments: [
            ("", "at byte 0"), ("7", "at byte 0"), ("[[1, \"a\"]", "at byte 9"), ("[[1, \"a\"]] x", "at byte 11"),
            ("[[1, \"a\"], [2]]", "'imglist[1]'"), ("[[1, \"a\"], [\"b\", \"c\"]]", "'imglist[1]'"),
            ("[[1, \"a\"] [2, \"b\"]]", "behind 1 of them"), ("[]", "names no image"),
            ("[[1, \"" + String(repeating: "a", count: 2 << 20) + "\"]]", "behind 0 of them"),
            ("[[" + String(repeating: "1,", count: 1_000_001) + "\"a\"]]", "behind 0 of them"),
            ("[" + String(repeating: "[", count: 100_000), "behind 0 of them"),
        ])
    func refused(text: String, words: String) throws {
        let fixture = try ImageFolderFixture(count: 1)
        let context = Self.context(Array(text.utf8))
        let error = #expect(throws: StreamError.self) { try fixture.open(Self.more, context: context) }
        #expect(error?.description.contains(words) == true, "\(error?.description.prefix(500) ?? "")")
    }

    @Test("an array of another type is refused, and so is one that nobody handed over")
    func arrays() throws {
        let fixture = try ImageFolderFixture(count: 1)
        let floats = Self.context([0, 0, 0, 0], .float32)
        let error = #expect(throws: StreamError.self) { try fixture.open(Self.more, context: floats) }
        #expect(error?.description.contains("is of float32") == true)
        let none = #expect(throws: StreamError.self) { try fixture.open(Self.more) }
        #expect(none?.code == .notFound)
    }

    @Test("memory for the rows is asked for before they are made, and given back with the source")
    func memory() throws {
        let fixture = try ImageFolderFixture(count: 1)
        let bytes = Array(Self.text(40_000) { "a-name-that-is-as-long-as-they-are/\($0).png" }.utf8)
        #expect(bytes.count > 1 << 20)
        var context = Self.context(bytes)
        let counted = Counted()
        context.reserve = { byteCount, _ throws(StreamError) in
            counted.bytes.withLock { $0 += byteCount }
            return MemoryReservation { counted.bytes.withLock { $0 -= byteCount } }
        }
        do {
            let source = try fixture.open(Self.more, context: context)
            #expect(source.info.recordCount == 40_000)
            // Numbers, labels, places of labels and paths, and the paths themselves.
            #expect(counted.bytes.withLock { $0 } > 40_000 * 36 + bytes.count / 2)
            withExtendedLifetime(source) {}
        }
        #expect(counted.bytes.withLock { $0 } == 0)
        context.reserve = { byteCount, name throws(StreamError) in throw StreamError(.overLimit, "no room: \(name)") }
        let error = #expect(throws: StreamError.self) { try fixture.open(Self.more, context: context) }
        #expect(error?.code == .overLimit)
    }

    private final class Counted: Sendable {
        let bytes = Mutex(0)
    }
}
