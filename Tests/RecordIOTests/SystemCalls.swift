import Glibc

/// Cuts a file that may be open elsewhere.
func truncate(_ path: String, toByteCount count: Int) -> Bool {
    // The path is a C string for the length of the call.
    unsafe Glibc.truncate(path, count) == 0
}

func makeFIFO(_ path: String) -> Bool {
    // The path is a C string for the length of the call.
    unsafe mkfifo(path, 0o600) == 0
}

func changeMode(_ path: String, _ mode: UInt32) -> Bool {
    // The path is a C string for the length of the call.
    unsafe chmod(path, mode) == 0
}

/// Sets the modification time, in seconds since 1970.
func setModificationTime(_ path: String, _ seconds: Int) -> Bool {
    let time = timespec(tv_sec: seconds, tv_nsec: 0)
    // utimensat reads two times, of access and of modification.
    return unsafe utimensat(AT_FDCWD, path, [time, time], 0) == 0
}

func rename(_ old: String, to new: String) -> Bool {
    // The paths are C strings for the length of the call.
    unsafe Glibc.rename(old, new) == 0
}
