import Foundation
import TestSupport
import Testing

@testable import Tool

@Suite("folders of pictures")
struct ImageTreeTests {
    private func tree(_ folder: TemporaryFolder, isRecursive: Bool = true) throws -> ImageTree {
        try ImageTree(root: folder.path, suffixes: [".jpg"], isRecursive: isRecursive)
    }

    @Test("files of a folder come before its sub-folders, and a folder without pictures gets no label")
    func order() throws {
        let folder = try TemporaryFolder()
        let unusable = ["empty/readme.txt", ".jpg", "..jpg", "c.jpg.txt"]
        for name in ["b/x.jpg", "b/a/y.jpg", "Z.JPG", "a.jpg", "empty/deep/ü.jpg"] + unusable {
            try folder.write([1], to: name)
        }
        let tree = try tree(folder)
        #expect(tree.images.map(\.path) == ["Z.JPG", "a.jpg", "b/x.jpg", "b/a/y.jpg", "empty/deep/ü.jpg"])
        #expect(tree.images.map(\.label) == [0, 0, 1, 2, 3])
        #expect(tree.classes == [".", "b", "b/a", "empty/deep"])
        #expect(tree.warnings.isEmpty)
        #expect(try self.tree(folder, isRecursive: false).images.map(\.path) == ["Z.JPG", "a.jpg"])
    }

    @Test("links are followed, and one that leads back is passed over with a warning")
    func links() throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        try other.write([1], to: "far.jpg")
        try folder.write([1], to: "a/near.jpg")
        for (name, target) in [("a/back", folder.path), ("a/other", other.path), ("a/gone.jpg", "/does/not/exist")] {
            try FileManager.default.createSymbolicLink(atPath: folder.path + "/" + name, withDestinationPath: target)
        }
        let tree = try tree(folder)
        #expect(tree.images.map(\.path) == ["a/near.jpg", "a/other/far.jpg"])
        #expect(tree.warnings.count == 1 && tree.warnings[0].contains("a/back' links to a folder that contains it"))
    }

    @Test("names that cannot stand in a list are passed over with a warning")
    func names() throws {
        let folder = try TemporaryFolder()
        try folder.write([1], to: "tab\there.jpg")
        try folder.write([1], to: "line\nend.jpg")
        try folder.write([1], to: "good.jpg")
        // Not UTF-8.
        let bytes: [CChar] = (folder.path + "/").utf8.map { CChar($0) } + [-1, 46, 106, 112, 103, 0]
        // The path is a terminated array for the length of the call.
        let descriptor = unsafe open(bytes, O_CREAT | O_WRONLY, 0o644)
        #expect(descriptor >= 0)
        close(descriptor)
        let tree = try tree(folder)
        #expect(tree.images.map(\.path) == ["good.jpg"])
        #expect(tree.warnings.count == 3)
    }

    @Test("a root that is not there is an error")
    func missing() {
        #expect(throws: ToolError.self) {
            try ImageTree(root: "/does/not/exist", suffixes: [".jpg"], isRecursive: true)
        }
    }
}
