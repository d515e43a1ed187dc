/// The version that the daemon names itself by.
package enum DaemonVersion {
    package static let text = "0.1.0"
}
