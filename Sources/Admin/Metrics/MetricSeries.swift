/// One series, updated by any thread, read when somebody asks for `/metrics`.
protocol MetricSeries: AnyObject, Sendable {
    var reading: MetricReading { get }
}
