import DataTypes
import Metrics
import Testing

@testable import Admin

@Suite("Metrics of the swift-metrics API") struct MetricStoreTests {
    private func reading(_ store: MetricStore, _ name: String, _ labels: String = "") -> MetricReading? {
        store.families.first { $0.name == name }?.series[labels]
    }

    @Test("each kind keeps what it is told, under a name that Prometheus allows")
    func kinds() throws {
        let store = MetricStore()
        let rows = Counter(label: "my.iterator/rows", dimensions: [("file name", "a\"b")], factory: store)
        rows.increment(by: 3)
        rows.increment()
        #expect(reading(store, "my_iterator_rows_total", "file_name=\"a\\\"b\"") == .value(4))
        FloatingPointCounter(label: "cost_total", factory: store).increment(by: 1.5)
        #expect(reading(store, "cost_total") == .value(1.5))
        let depth = Meter(label: "depth", factory: store)
        depth.set(5)
        depth.decrement(by: 2)
        #expect(reading(store, "depth") == .value(3))
        Gauge(label: "9lives", factory: store).record(9)
        #expect(reading(store, "x9lives") == .value(9))
        let length = Recorder(label: "length", factory: store)
        length.record(10)
        length.record(2.5)
        #expect(reading(store, "length") == .summary(sum: 12.5, count: 2))
        Metrics.Timer(label: "open", dimensions: [("le", "1"), ("kind", "x")], factory: store).recordMilliseconds(2)
        guard case .durations(let figures) = reading(store, "open_seconds", "kind=\"x\",xle=\"1\"") else {
            Issue.record("no durations")
            return
        }
        #expect(figures.counts.reduce(0, +) == 1 && figures.counts[3] == 1)
        #expect(figures.sumSeconds == 0.002)
    }

    @Test("a series asked for twice is one, until it is destroyed")
    func identity() {
        let store = MetricStore()
        let first = Counter(label: "n", dimensions: [("a", "1"), ("b", "2")], factory: store)
        let second = Counter(label: "n", dimensions: [("b", "2"), ("a", "1")], factory: store)
        first.increment()
        second.increment()
        #expect(reading(store, "n_total", "a=\"1\",b=\"2\"") == .value(2))
        first.destroy()
        #expect(store.families.isEmpty)
    }

    @Test("a name has one kind, and what is of another counts nothing")
    func oneKind() {
        let store = MetricStore()
        Counter(label: "n_total", factory: store).increment()
        let meter = Meter(label: "n_total", factory: store)
        meter.set(99)
        #expect(reading(store, "n_total") == .value(1))
        #expect(reading(store, MetricStore.refusedName) == .value(1))
    }

    @Test("series are bounded, and those refused are counted")
    func bound() {
        let store = MetricStore()
        for number in 0..<(MetricStore.seriesLimit + 5) {
            Counter(label: "n", dimensions: [("i", "\(number)")], factory: store).increment()
        }
        #expect(store.families.first { $0.name == "n_total" }?.series.count == MetricStore.seriesLimit)
        #expect(reading(store, MetricStore.refusedName) == .value(5))
    }

    @Test("no increment makes a counter smaller or turns it round")
    func monotonous() {
        let store = MetricStore()
        let count = store.makeCounter(label: "n", dimensions: [])
        count.increment(by: 2)
        count.increment(by: .min)
        #expect(reading(store, "n_total") == .value(2))
        let sum = store.makeFloatingPointCounter(label: "s", dimensions: [])
        for value in [2.5, -1, .nan, .infinity] { sum.increment(by: value) }
        #expect(reading(store, "s_total") == .value(2.5))
        store.makeTimer(label: "t", dimensions: []).recordNanoseconds(-5)
        #expect(reading(store, "t_seconds") != nil)
    }
}
