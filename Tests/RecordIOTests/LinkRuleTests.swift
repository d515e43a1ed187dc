import Foundation
import Glibc
import RecordIO
import Testing

@Suite("Links between the check and the opening") struct LinkRuleTests {
    /// `root/data/x.rec` and `outside/x.rec`, in a folder that is no link itself.
    private func makeFolder() throws -> URL {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath()
            .appendingPathComponent("headrace-links-\(UUID().uuidString)")
        for (name, text) in [("root/data", "inside"), ("outside", "outside")] {
            let directory = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: directory.appendingPathComponent("x.rec"))
        }
        return folder
    }

    private func byteCount(_ path: String) -> Result<UInt64, RecordError> {
        Result { () throws(RecordError) in try RecordFile(path: path).byteCount }
    }

    @Test(
        "a path whose folder has become a link is not opened; the configuration's own may be", arguments: [true, false])
    func swappedFolder(isFile: Bool) throws {
        let folder = try makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path + "/root/data/x.rec"
        let before = LinkRule.$followsLinks.withValue(false) { byteCount(path) }
        #expect(try before.get() == 6)

        let swapped = folder.appendingPathComponent(isFile ? "root/data/x.rec" : "root/data")
        let target = folder.path + (isFile ? "/outside/x.rec" : "/outside")
        try FileManager.default.removeItem(at: swapped)
        try FileManager.default.createSymbolicLink(atPath: swapped.path, withDestinationPath: target)
        LinkRule.$followsLinks.withValue(false) {
            let result = byteCount(path)
            guard case .failure(.system(_, _, let code)) = result else {
                Issue.record("it was opened: \(result)")
                return
            }
            #expect(code == ELOOP)
        }
        #expect(try byteCount(path).get() == 7)
    }

    @Test("a folder that has become a link is not listed, not even in a message", arguments: ["*.none", "y.rec", ""])
    func swappedList(entry: String) throws {
        let folder = try makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appendingPathComponent("root/data")
        try FileManager.default.removeItem(at: data)
        try FileManager.default.createSymbolicLink(atPath: data.path, withDestinationPath: folder.path + "/outside")
        LinkRule.$followsLinks.withValue(false) {
            let path = entry.isEmpty ? data.path : data.path + "/" + entry
            let result = Result { () throws(RecordError) in try RecordPaths(expanding: path).paths }
            guard case .failure(let error) = result else {
                Issue.record("it was listed: \(result)")
                return
            }
            #expect(!error.description.contains("x.rec"))
        }
    }

    @Test("the system's own links to descriptors are none that may be followed")
    func magicLinks() throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/exe"))
        let path = "/proc/self/fd/\(file.fileDescriptor)"
        LinkRule.$followsLinks.withValue(false) {
            #expect(throws: RecordError.self) { try byteCount(path).get() }
        }
        #expect(try byteCount(path).get() > 0)
    }

    @Test("a missing file is still told from one that may not be opened")
    func missing() throws {
        let folder = try makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        LinkRule.$followsLinks.withValue(false) {
            guard case .failure(.missingFile) = byteCount(folder.path + "/root/none.rec") else {
                Issue.record("another error")
                return
            }
        }
    }
}
