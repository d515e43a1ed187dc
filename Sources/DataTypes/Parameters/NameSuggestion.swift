/// The nearest of `candidates` to a mistyped `name`, or nil when none is near enough to be what was meant.
///
/// Optimal-string-alignment distance (edits and swaps of neighbours) of at most a third of the name's length, or one
/// name containing the other.
package func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    // A hostile name must not cost more than reading it: nothing of that length is a slip of the fingers.
    guard name.utf8.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(Array(name.utf8), Array(candidate.utf8))
        let near = distance <= max(1, candidate.utf8.count / 3)
        let contained = name.utf8.count >= 4 && (candidate.contains(name) || name.contains(candidate))
        guard near || contained else { continue }
        if best == nil || distance < best!.distance { best = (candidate, distance) }
    }
    return best?.name
}

private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
        var row = [Int](repeating: i, count: b.count + 1)
        for j in 1...b.count {
            let substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            row[j] = min(substitution, last[j] + 1, row[j - 1] + 1)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                row[j] = min(row[j], beforeLast[j - 2] + 1)
            }
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
