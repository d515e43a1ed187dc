/// Whether files are opened through symbolic links.
///
/// A path that a client named has been resolved and found to lie beneath a root. When it is then opened without following
/// any link, nobody can have put one in its way meanwhile. Paths of the configuration may lead through links.
package enum LinkRule {
    /// For all that is opened within `withValue`, on the same thread.
    @TaskLocal package static var followsLinks = true
}
