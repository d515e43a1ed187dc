import CFuzzer
import Glibc

// The target is named in the environment, because libFuzzer takes the arguments for its own.
guard FuzzTarget.chosen != nil else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
    print("HEADRACE_FUZZ_TARGET must be one of: \(names)")
    exit(2)
}
var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
        FuzzTarget.chosen?.run(FuzzInput(UnsafeRawBufferPointer(start: bytes, count: count)))
        return 0
    })
