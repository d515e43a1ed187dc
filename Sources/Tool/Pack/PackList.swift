/// A list to pack, and the names of what is made of it.
struct PackList {
    /// The path without its ending.
    var stem: String
    var bytes: [UInt8]
    /// The list was made in this run and is to be written with the records.
    var isNew: Bool

    var listPath: String { stem + ".lst" }
    var recordPath: String { stem + ".rec" }
    var indexPath: String { stem + ".idx" }

    /// The largest list that is read.
    private static let maxListBytes = 4 << 30

    /// The lists that are there for a prefix: `PREFIX.lst`, or else those that a split made of it.
    ///
    /// `tools/im2rec.py` takes every list whose name begins with the prefix, so that a left-over `PREFIX_old.lst` is packed
    /// too. Here only the names of a split count, and not those beside a `PREFIX.lst`.
    ///
    /// - Returns: the lists, none when there are none, and what to tell the user.
    static func existing(prefix: String) throws -> (lists: [PackList], warning: String?) {
        let base = prefix.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        let folder = String(prefix.dropLast(base.count))
        let (names, _) = try FolderEntry.names(in: folder.isEmpty ? "." : folder)
        // A list's own name is a prefix too, as in MXNet's documentation.
        if base.hasSuffix(".lst"), names.contains(base) {
            return ([try read(stem: String(prefix.dropLast(4)))], nil)
        }
        let split = names.filter { isSplit($0, of: base) }
        guard names.contains(base + ".lst") else {
            return (try split.map { try read(stem: folder + $0.dropLast(4)) }, nil)
        }
        let warning = split.isEmpty ? nil : "'\(prefix).lst' is packed, and not \(split.joined(separator: ", "))"
        return ([try read(stem: prefix)], warning)
    }

    /// `BASE_3.lst`, `BASE_train.lst` and `BASE_3_train.lst` are parts of a split.
    private static func isSplit(_ name: String, of base: String) -> Bool {
        guard name.hasPrefix(base + "_"), name.hasSuffix(".lst") else { return false }
        var words = name.dropFirst(base.count + 1).dropLast(4).split(separator: "_", omittingEmptySubsequences: false)
        if let last = words.last, ["train", "val", "test"].contains(last) {
            words.removeLast()
            if words.isEmpty { return true }
        }
        return words.count == 1 && !words[0].isEmpty && words[0].allSatisfy { ("0"..."9").contains($0) }
    }

    private static func read(stem: String) throws -> PackList {
        do throws(PictureFault) {
            return PackList(stem: stem, bytes: try PictureFile.read(stem + ".lst", limit: maxListBytes), isNew: false)
        } catch {
            throw ToolError("'\(stem).lst' \(error)")
        }
    }
}
