package import CoreMetrics
internal import Synchronization

/// What code counts through the swift-metrics API, kept for `/metrics`: the daemon's own stages, and whatever an iterator or a
/// library inside this process counts.
///
/// Names and labels become what Prometheus allows; counters end in `_total`, timers in `_seconds`. How many series there can be is
/// bounded: those beyond count nothing, and a family of its own says how many were asked for.
package final class MetricStore: MetricsFactory {
    static let seriesLimit = 1000
    static let refusedName = "headrace_metrics_refused_total"

    private struct Family {
        let kind: MetricFamily.Kind
        var series: [String: any MetricSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var seriesCount = 0
        var refusedSeries: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// By name.
    package var families: [MetricFamily] {
        let (families, refused) = state.withLock { ($0.families, $0.refusedSeries) }
        var found = families.map { name, family in
            MetricFamily(name: name, kind: family.kind, series: family.series.mapValues(\.reading))
        }
        if refused > 0 {
            found.append(MetricFamily(name: Self.refusedName, kind: .counter, series: ["": .value(Double(refused))]))
        }
        return found.sorted { $0.name < $1.name }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(.counter, label, dimensions, CountSeries.init) ?? NOOPMetricsHandler.instance
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(.counter, label, dimensions, SumSeries.init) ?? NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(.gauge, label, dimensions, LevelSeries.init) ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if !aggregate { return series(.gauge, label, dimensions, LevelSeries.init) ?? NOOPMetricsHandler.instance }
        return series(.summary, label, dimensions, SummarySeries.init) ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(.histogram, label, dimensions, TimerSeries.init) ?? NOOPMetricsHandler.instance
    }

    package func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { forget(handler) }

    /// The one series of this name and these labels; nil when the name is another kind's, or there are too many.
    private func series<Series: MetricSeries>(
        _ kind: MetricFamily.Kind, _ label: String, _ dimensions: [(String, String)], _ make: () -> Series
    ) -> Series? {
        let name = MetricName.family(label, kind)
        let labels = MetricName.labels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind)
            if let known = family.series[labels] {
                if let series = known as? Series { return series }
                state.refusedSeries += 1
                return nil
            }
            guard family.kind == kind, state.seriesCount < Self.seriesLimit else {
                state.refusedSeries += 1
                return nil
            }
            let series = make()
            family.series[labels] = series
            state.families[name] = family
            state.seriesCount += 1
            return series
        }
    }

    private func forget(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                state.seriesCount -= 1
                if family.series.count == 1 { state.families[name] = nil }
                return
            }
        }
    }
}
