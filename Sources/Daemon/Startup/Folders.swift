internal import Foundation
internal import Glibc

/// The folders that the daemon needs: made when they are missing, and looked at before they are trusted.
enum Folders {
    /// The folder of a socket.
    ///
    /// - Throws: `.cannotCreate` when it cannot be made, or belongs to a user who could put another socket in its
    ///   place.
    static func prepareSocketFolder(_ socketPath: String) throws(DaemonFailure) {
        let folder = URL(fileURLWithPath: socketPath).deletingLastPathComponent().path
        let files = FileManager.default
        if !files.fileExists(atPath: folder) { try make(folder, for: "the socket '\(socketPath)'") }
        guard let attributes = try? files.attributesOfItem(atPath: folder) else { return }
        let owner = (attributes[.ownerAccountID] as? NSNumber)?.uint32Value ?? 0
        guard owner == 0 || owner == geteuid() || geteuid() == 0 else {
            throw DaemonFailure(
                .cannotCreate,
                "the folder '\(folder)' of the socket '\(socketPath)' belongs to user \(owner), who could replace the "
                    + "socket; set 'listen.unix.path' to a folder of your own")
        }
    }

    /// The folder of cached indexes.
    ///
    /// - Throws: `.cannotCreate` when it cannot be made or written.
    static func prepareStateFolder(_ folder: String) throws(DaemonFailure) {
        if !FileManager.default.fileExists(atPath: folder) { try make(folder, for: "the state directory") }
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw DaemonFailure(
                .cannotCreate,
                "the state directory '\(folder)' cannot be written by user \(geteuid()); set 'state_directory' to one "
                    + "that can")
        }
    }

    /// Gives a socket file to a group.
    ///
    /// - Throws: `.configuration` when there is no such group or this user may not do it.
    static func give(_ path: String, toGroup group: String) throws(DaemonFailure) {
        do {
            try FileManager.default.setAttributes([.groupOwnerAccountName: group], ofItemAtPath: path)
        } catch {
            throw DaemonFailure(
                .configuration,
                "the socket '\(path)' cannot be given to the group '\(group)' of 'listen.unix.group': "
                    + "\(error.localizedDescription)")
        }
    }

    private static func make(_ folder: String, for purpose: String) throws(DaemonFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw DaemonFailure(
                .cannotCreate, "the folder '\(folder)' for \(purpose) cannot be made: \(error.localizedDescription)")
        }
    }
}
