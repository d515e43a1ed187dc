// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
let hdf5: SwiftSetting = .define("HDF5", .when(traits: ["HDF5"]))
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "headrace",
    products: [
        .library(name: "HeadraceClient", targets: ["HeadraceClient"]),
        .library(name: "HeadraceInProcess", targets: ["HeadraceInProcess"]),
        .executable(name: "headraced", targets: ["headraced"]),
        .executable(name: "headrace", targets: ["headrace"]),
    ],
    traits: [
        .trait(name: "HDF5", description: "NDArrayIter reads HDF5 files; needs libhdf5.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C shims over the system's libraries.
        .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
        .target(name: "CPNG", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("z")]),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "CHDF5", cSettings: [.define("HEADRACE_HDF5", .when(traits: ["HDF5"]))],
            // Debian's name; elsewhere it may need a link.
            linkerSettings: [.linkedLibrary("hdf5_serial", .when(traits: ["HDF5"]))]),
        // Kernels for instruction sets that Swift cannot ask for in one function.
        .target(name: "CKernels"),
        .target(name: "CLinux"),
        .target(name: "CSystemd", linkerSettings: [.linkedLibrary("systemd")]),

        // Data.
        .target(name: "DataTypes", swiftSettings: settings),
        .target(name: "RecordIO", dependencies: ["DataTypes", "CLinux"], swiftSettings: settings),
        .target(name: "ImageCodec", dependencies: ["DataTypes", "CJPEG", "CPNG"], swiftSettings: settings),
        .target(name: "Augmentation", dependencies: ["DataTypes", "CKernels"], swiftSettings: settings),
        .target(name: "Pipeline", dependencies: ["DataTypes", metrics], swiftSettings: settings),
        .target(
            name: "Iterators",
            dependencies: [
                "DataTypes", "RecordIO", "ImageCodec", "Augmentation", "Pipeline", "CZlib", "CHDF5", "CLinux",
            ],
            exclude: [
                "README.md", "YOUR-OWN.md", "CSV/README.md", "ImageDetIter/README.md", "ImageDetRecord/README.md",
                "ImageIter/README.md", "ImageRecord/README.md", "LibSVM/README.md", "MNIST/README.md",
                "NDArray/README.md", "RawRecord/README.md",
            ], swiftSettings: settings + [hdf5]),

        // Serving.
        .target(name: "Wire", dependencies: ["DataTypes", "CZlib", nioCore], swiftSettings: settings),
        .target(
            name: "Transport", dependencies: ["DataTypes", "CLinux", nioCore, nioPosix, nioSSL], swiftSettings: settings
        ),
        .target(
            name: "Server",
            dependencies: ["DataTypes", "Wire", "Transport", nioCore, nioPosix, crypto, logging, metrics, lifecycle],
            swiftSettings: settings),
        .target(
            name: "HeadraceClient", dependencies: ["DataTypes", "Wire", "Transport", nioCore, nioPosix],
            exclude: ["README.md"], swiftSettings: settings),
        .target(
            name: "HeadraceInProcess",
            dependencies: ["DataTypes", "HeadraceClient", "Iterators", "Pipeline", "Transport", "Wire", nioCore],
            swiftSettings: settings),
        .target(
            name: "Admin",
            dependencies: [
                "DataTypes", "Transport", nioCore, nioPosix, logging, metrics, lifecycle,
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ], swiftSettings: settings),
        .target(
            name: "Daemon",
            dependencies: [
                "DataTypes", "RecordIO", "Pipeline", "Iterators", "Transport", "Server", "Admin", "CSystemd", nioCore,
                nioPosix, logging, metrics,
                lifecycle, signals, .product(name: "Yams", package: "Yams"),
            ], swiftSettings: settings),

        // Programs.
        .target(
            name: "Tool",
            dependencies: [
                "DataTypes", "RecordIO", "ImageCodec", "Augmentation", "Pipeline", "Iterators", "HeadraceClient",
                "Server", "Admin", "Daemon", arguments,
            ], swiftSettings: settings),
        .executableTarget(name: "headraced", dependencies: ["Daemon", arguments], swiftSettings: settings),
        .executableTarget(name: "headrace", dependencies: ["Tool"], swiftSettings: settings),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["DataTypes", crypto], path: "Tests/TestSupport", swiftSettings: settings
        ),
        .target(
            name: "ExampleIterator", dependencies: ["DataTypes", "RecordIO", "Iterators"],
            path: "Tests/ExampleIterator",
            swiftSettings: settings),
        .testTarget(name: "DataTypesTests", dependencies: ["DataTypes"], swiftSettings: settings),
        .testTarget(
            name: "RecordIOTests", dependencies: ["RecordIO", "DataTypes", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "ImageCodecTests", dependencies: ["ImageCodec", "DataTypes"], swiftSettings: settings),
        .testTarget(name: "AugmentationTests", dependencies: ["Augmentation", "DataTypes"], swiftSettings: settings),
        .testTarget(name: "PipelineTests", dependencies: ["Pipeline", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "IteratorsTests",
            dependencies: [
                "Iterators", "ExampleIterator", "Pipeline", "RecordIO", "ImageCodec", "Augmentation", "DataTypes",
                "TestSupport",
            ], swiftSettings: settings + [hdf5]),
        .testTarget(name: "WireTests", dependencies: ["Wire", "DataTypes", nioCore], swiftSettings: settings),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "Transport", "CLinux", "DataTypes", "TestSupport", nioCore, nioPosix,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HeadraceClientTests",
            dependencies: ["HeadraceClient", "DataTypes", "Wire", "Transport", "TestSupport", nioCore, nioPosix],
            swiftSettings: settings),
        .testTarget(
            name: "HeadraceInProcessTests",
            dependencies: ["HeadraceInProcess", "HeadraceClient", "DataTypes", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "ToolTests",
            dependencies: ["Tool", "Admin", "DataTypes", "RecordIO", "ImageCodec", "Augmentation", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: ["Server", "DataTypes", "Wire", "Transport", nioCore, nioPosix, logging, lifecycle],
            swiftSettings: settings),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "DataTypes", "Daemon", "Iterators", "Pipeline", "RecordIO", "Admin", "Server", "TestSupport",
                "headraced", logging, nioCore, nioPosix,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "AdminTests",
            dependencies: [
                "Admin", "DataTypes", "Transport", nioCore, nioPosix, logging, metrics, lifecycle,
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Daemon", "Server", "HeadraceClient", "HeadraceInProcess", "Iterators", "ExampleIterator", "Pipeline",
                "RecordIO", "Transport", "TestSupport",
                nioPosix,
                logging,
            ], swiftSettings: settings),
        .executableTarget(
            name: "AugmentBenchmark", dependencies: ["Augmentation", "DataTypes"],
            path: "Tests/Benchmarks/AugmentBenchmark", swiftSettings: settings),
        .executableTarget(
            name: "PlanBenchmark", dependencies: ["DataTypes"], path: "Tests/Benchmarks/PlanBenchmark",
            swiftSettings: settings),
        .testTarget(
            name: "GoldenTests", dependencies: ["Iterators", "Pipeline", "TestSupport"], swiftSettings: settings),
    ]
)
