internal import Glibc

/// An open file that came from another process, or is to go there. Closed with its last reference.
package final class PassedDescriptor: Sendable {
    package let raw: CInt
    /// What its sender says that it is for.
    package let tag: String

    package init(adopting raw: CInt, tag: String) {
        self.raw = raw
        self.tag = tag
    }

    deinit { close(raw) }
}
