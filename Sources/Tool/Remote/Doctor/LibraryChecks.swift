import Foundation

/// The libraries of the system that are in use.
enum LibraryChecks {
    static var finding: DoctorFinding {
        let maps = text("/proc/self/maps")
        var name = utsname()
        // Fills the record.
        unsafe uname(&name)
        let release = unsafe withUnsafeBytes(of: &name.release) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .ok("libraries", (libraries(in: maps) + ["Linux \(release)"]).joined(separator: ", "))
    }

    /// The kernel gives such a file in pieces, and says that it is empty.
    private static func text(_ path: String) -> String {
        guard let file = FileHandle(forReadingAtPath: path) else { return "" }
        var bytes = Data()
        while let piece = try? file.read(upToCount: 65_536), !piece.isEmpty { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The files of libjpeg, libpng, zlib and HDF5 among those that a process has mapped: `libjpeg.so.62.3.0`.
    static func libraries(in maps: String) -> [String] {
        let names = maps.split(separator: "\n").compactMap { line in
            line.split(separator: "/").last.map(String.init)
        }
        let ours = ["libjpeg.", "libpng", "libz.", "libhdf5"]
        return Set(names.filter { name in name.contains(".so") && ours.contains { name.hasPrefix($0) } }).sorted()
    }
}
