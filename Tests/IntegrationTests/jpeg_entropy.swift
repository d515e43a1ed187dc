public import CJPEG

/// See `jpeg_entropy.h`.
@c(jpeg_entropy)
public func jpegEntropy(_ functions: UnsafeMutablePointer<cjpeg_entropy>) {
    // The caller's own.
    unsafe functions.pointee = ScanReader.functions
}
