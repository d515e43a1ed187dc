// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "headrace",
    targets: [
        .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
        .target(name: "CPNG", linkerSettings: [.linkedLibrary("png"), .linkedLibrary("z")]),
        .target(name: "DataTypes", swiftSettings: settings),
        .target(name: "RecordIO", dependencies: ["DataTypes"], swiftSettings: settings),
        .target(name: "ImageCodec", dependencies: ["DataTypes", "CJPEG", "CPNG"], swiftSettings: settings),
        .target(name: "Augmentation", dependencies: ["DataTypes"], swiftSettings: settings),
        .target(name: "Pipeline", dependencies: ["DataTypes"], swiftSettings: settings),
        .target(
            name: "Iterators", dependencies: ["DataTypes", "RecordIO", "ImageCodec", "Augmentation", "Pipeline"],
            swiftSettings: settings),
        .target(name: "TestSupport", dependencies: ["DataTypes"], path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(name: "PipelineTests", dependencies: ["Pipeline", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "DataTypesTests", dependencies: ["DataTypes"], swiftSettings: settings),
        .testTarget(
            name: "GoldenTests", dependencies: ["Iterators", "Pipeline", "TestSupport"], swiftSettings: settings),
    ]
)
