import DataTypes
import RecordIO

extension ImageList {
    /// Adds the ids and labels, which decide what a batch's labels are. Paths decide nothing here.
    func addLabels(to fingerprint: inout Fingerprint) {
        for row in 0..<rowCount {
            fingerprint.combine(ids[row])
            let labels = labels(ofRow: row)
            for position in labels.indices { fingerprint.combine(UInt64(labels[position].bitPattern)) }
        }
    }
}
