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

    deinit { Self.letGo(raw) }

    /// Closes a descriptor that may be anything. Closing a socket that lingers would last as long as its owner likes.
    static func letGo(_ descriptor: CInt) {
        var none = linger(l_onoff: 0, l_linger: 0)
        // The option is ours for the call, which fails on everything that is no socket.
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }
}
