/// One thing that `headrace doctor` looked at.
struct DoctorFinding: Codable, Hashable {
    enum State: String, Codable {
        case ok
        /// Works, and not as well as it could.
        case warning
        case problem
    }

    /// What was looked at: `daemon`, `configuration`, `socket`, `groups`, `limits`, `files`, `index`, `disk`, `libraries`.
    var check: String
    var state: State
    /// What was found, and where.
    var text: String
    /// What to do about it; nil when it is fine.
    var mend: String?

    static func ok(_ check: String, _ text: String) -> DoctorFinding {
        DoctorFinding(check: check, state: .ok, text: text)
    }

    static func warning(_ check: String, _ text: String, mend: String) -> DoctorFinding {
        DoctorFinding(check: check, state: .warning, text: text, mend: mend)
    }

    static func problem(_ check: String, _ text: String, mend: String) -> DoctorFinding {
        DoctorFinding(check: check, state: .problem, text: text, mend: mend)
    }
}
