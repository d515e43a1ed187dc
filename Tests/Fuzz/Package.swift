// swift-tools-version: 6.2
import PackageDescription

// Only what the targets need, so that building it with AddressSanitizer takes a minute or two: no sockets, no HTTP server.
// `Headrace` is a link to the sources of the daemon; one package has them all, because they share what is `package`.

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")

let package = Package(
    name: "headrace-fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "CJPEG", path: "Headrace/CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
        .target(name: "CPNG", path: "Headrace/CPNG", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("z")]),
        .target(name: "CZlib", path: "Headrace/CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "CHDF5", path: "Headrace/CHDF5"),
        .target(name: "CKernels", path: "Headrace/CKernels"),
        .target(name: "CLinux", path: "Headrace/CLinux"),
        .target(name: "CFuzzer"),

        .target(name: "DataTypes", path: "Headrace/DataTypes", swiftSettings: settings),
        .target(
            name: "RecordIO", dependencies: ["DataTypes", "CLinux"], path: "Headrace/RecordIO", swiftSettings: settings),
        .target(
            name: "ImageCodec", dependencies: ["DataTypes", "CJPEG", "CPNG"], path: "Headrace/ImageCodec",
            swiftSettings: settings),
        .target(
            name: "Augmentation", dependencies: ["DataTypes", "CKernels"], path: "Headrace/Augmentation",
            swiftSettings: settings),
        .target(
            name: "Pipeline", dependencies: ["DataTypes", metrics], path: "Headrace/Pipeline", swiftSettings: settings),
        .target(
            name: "Iterators",
            dependencies: [
                "DataTypes", "RecordIO", "ImageCodec", "Augmentation", "Pipeline", "CZlib", "CHDF5", "CLinux",
            ], path: "Headrace/Iterators", swiftSettings: settings),
        .target(
            name: "Wire", dependencies: ["DataTypes", "CZlib", nioCore], path: "Headrace/Wire",
            swiftSettings: settings),
        // Of these, what reads from outside.
        .target(
            name: "Admin", dependencies: ["DataTypes", metrics], path: "Headrace/Admin",
            exclude: ["AdminServer.swift", "AdminPolicy.swift"], swiftSettings: settings),
        .target(
            name: "Transport", path: "Headrace/Transport", sources: ["TLS/TLSFiles.swift"], swiftSettings: settings),
        .target(
            name: "Daemon",
            dependencies: [
                "DataTypes", "RecordIO", "Iterators", "Pipeline", "Transport", .product(name: "Yams", package: "Yams"),
            ],
            path: "Headrace/Daemon", sources: ["Configuration", "Datasets"], swiftSettings: settings),

        .executableTarget(
            name: "HeadraceFuzz",
            dependencies: [
                "CFuzzer", "DataTypes", "RecordIO", "ImageCodec", "Iterators", "Pipeline", "Wire", "Admin", "Daemon",
                nioCore,
            ], swiftSettings: settings),
    ]
)
