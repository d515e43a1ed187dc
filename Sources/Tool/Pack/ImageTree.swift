import Foundation

/// The pictures in a folder, in the order in which they are numbered.
///
/// Follows MXNet 1.9.1 `tools/im2rec.py`: names are in order at every level, the files of a folder come before its
/// sub-folders, links are followed, and a folder gets the next label when its first picture is met.
struct ImageTree {
    struct Image {
        /// From the root.
        var path: String
        var label: Int
    }

    private(set) var images: [Image] = []
    /// The folder of each label, from the root; the root itself is `.`.
    private(set) var classes: [String] = []
    /// What was passed over, in words.
    private(set) var warnings: [String] = []

    private let root: String
    private let suffixes: Set<String>
    private let isRecursive: Bool

    /// - Parameters:
    ///   - suffixes: of file names that are pictures, in lower case, with the dot.
    ///   - isRecursive: false: only the root's own files, all with the label 0.
    /// - Throws: `ToolError` when the root cannot be read. Folders below it that cannot be are passed over with a warning.
    init(root: String, suffixes: Set<String>, isRecursive: Bool) throws {
        self.root = root
        self.suffixes = suffixes
        self.isRecursive = isRecursive
        guard case .folder(let identity)? = FolderEntry.kind(of: root) else {
            throw ToolError("the folder of pictures '\(root)' does not exist")
        }
        if let problem = visit("", ancestors: [identity]) { throw ToolError(problem) }
    }

    /// - Parameter ancestors: this folder and those that contain it; a link to one of them would lead round for ever.
    /// - Returns: why the folder could not be read, or nil.
    private mutating func visit(_ folder: String, ancestors: [FolderEntry.Identity]) -> String? {
        let names: [String]
        do {
            let (readable, others) = try FolderEntry.names(in: folder.isEmpty ? root : root + "/" + folder)
            names = readable
            for name in others {
                warnings.append("'\(root)/\(folder)': the name '\(name)' is not UTF-8 or cannot stand in a list")
            }
        } catch {
            return "\(error)"
        }
        var folders: [(path: String, identity: FolderEntry.Identity)] = []
        var label: Int?
        for name in names {
            let path = folder.isEmpty ? name : folder + "/" + name
            switch FolderEntry.kind(of: root + "/" + path) {
            case .file? where suffixes.contains(Self.suffix(of: name)):
                if label == nil {
                    label = classes.count
                    classes.append(folder.isEmpty ? "." : folder)
                }
                images.append(Image(path: path, label: label ?? 0))
            case .folder(let identity)? where isRecursive:
                folders.append((path, identity))
            default: break
            }
        }
        for (path, identity) in folders {
            if ancestors.contains(identity) {
                warnings.append("'\(root)/\(path)' links to a folder that contains it; passed over")
            } else if let problem = visit(path, ancestors: ancestors + [identity]) {
                warnings.append("\(problem); passed over")
            }
        }
        return nil
    }

    /// From the last dot on, in lower case; empty when the name has no dot but leading ones.
    private static func suffix(of name: String) -> String {
        let stem = name.drop { $0 == "." }
        return stem.lastIndex(of: ".").map { stem[$0...].lowercased() } ?? ""
    }
}
