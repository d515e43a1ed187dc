import Foundation
import Glibc

/// A client of blocking sockets that sends whatever it is told to. Every wait ends after two minutes.
final class RawClient {
    enum Failure: Error {
        case system(String, Int32)
        case end
        case notAFrame([UInt8])
        case badSequence(expected: UInt32, found: UInt32)
    }

    private var descriptor: Int32
    private var sequence: UInt32 = 0
    private var receivedSequence: UInt32 = 0

    /// - Parameters:
    ///   - address: as `Server.bind` returns it: `unix:/path` or `tcp://127.0.0.1:port`.
    ///   - sendTimeoutSeconds: how long one write may block.
    init(_ address: String, receiveBufferBytes: Int32? = nil, sendTimeoutSeconds: Int = 120) throws {
        let isUnix = address.hasPrefix("unix:")
        descriptor = socket(isUnix ? AF_UNIX : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system("socket", errno) }
        var timeout = timeval(tv_sec: 120, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        // The kernel copies what the pointers show within the call; so below.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        timeout.tv_sec = sendTimeoutSeconds
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        if var bytes = receiveBufferBytes {
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        let status = isUnix ? connectUnix(String(address.dropFirst(5))) : connectTCP(address)
        guard status == 0 else {
            let code = errno
            close()
            throw Failure.system("connect", code)
        }
    }

    deinit { close() }

    private func connectUnix(_ path: String) -> Int32 {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix(107)) }
        return unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private func connectTCP(_ address: String) -> Int32 {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(address.split(separator: ":").last ?? "")?.bigEndian ?? 0
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes so that the peer sees a reset, as after a crash of the machine.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: Bytes

    func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor, buffer.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure.system("send", errno) }
            sent += count
        }
    }

    /// Exactly `count` bytes.
    func read(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let n = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe recv(descriptor, buffer.baseAddress! + got, count - got, 0)
            }
            if n == 0 { throw Failure.end }
            guard n > 0 else { throw Failure.system("recv", errno) }
            got += n
        }
        return bytes
    }

    /// Everything up to the connection's end.
    func readToEnd() throws -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            while true { bytes += try read(1) }
        } catch Failure.end {
            return bytes
        }
    }

    // MARK: Frames

    func send(_ type: UInt8, stream: UInt32 = 1, _ json: String = "{}") throws {
        let frame = RawFrame(type, stream: stream, sequence: sequence, payload: Array(json.utf8))
        sequence &+= 1
        try write(frame.bytes)
    }

    /// The next frame, its number and checksum checked.
    func receive() throws -> RawFrame {
        let header = try read(RawFrame.headerBytes)
        guard var frame = RawFrame(header: header) else { throw Failure.notAFrame(header) }
        guard frame.sequence == receivedSequence else {
            throw Failure.badSequence(expected: receivedSequence, found: frame.sequence)
        }
        receivedSequence &+= 1
        frame.payload = try read(Int(frame.length))
        if frame.flags & 1 == 1, RawFrame.crc32(frame.payload) != frame.checksum {
            throw Failure.notAFrame(header)
        }
        return frame
    }

    /// The next frame that is not a NOTICE or a PING.
    func receiveAnswer() throws -> RawFrame {
        while true {
            let frame = try receive()
            if frame.type != RawFrame.Kind.notice, frame.type != RawFrame.Kind.ping { return frame }
        }
    }

    // MARK: Steps of a session

    @discardableResult
    func hello(features: [String] = [], maxFrame: Int = 1 << 30) throws -> RawFrame {
        let list = features.map { "\"\($0)\"" }.joined(separator: ",")
        // Whom the server has refused and closed a while ago cannot write any more, and can still read why.
        try? send(
            RawFrame.Kind.hello, stream: 0,
            "{\"major\":1,\"minor\":0,\"features\":[\(list)],\"client\":\"test/1\",\"max_frame\":\(maxFrame)}")
        return try receive()
    }

    @discardableResult
    func open(_ json: String = "{\"dataset\":\"fake\"}") throws -> RawFrame {
        try send(RawFrame.Kind.open, json)
        return try receiveAnswer()
    }

    func credit(_ batches: Int) throws { try send(RawFrame.Kind.credit, "{\"batches\":\(batches)}") }

    /// Sends PING and reads up to its PONG: what the server sent before, in order.
    func framesBeforePong(_ mark: String = "mark") throws -> [RawFrame] {
        try send(RawFrame.Kind.ping, stream: 0, mark)
        var frames: [RawFrame] = []
        while true {
            let frame = try receive()
            if frame.type == RawFrame.Kind.pong { return frames }
            frames.append(frame)
        }
    }
}
