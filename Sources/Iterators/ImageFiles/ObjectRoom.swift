/// What the labels of a data set need when each image's objects are rows of a table.
struct ObjectRoom: Sendable, Hashable {
    /// Most objects of an image, those without area not counted.
    var objectCount = 0
    /// Labels of the widest object.
    var objectWidth = 0
    /// An image whose labels describe no object, in words; nil when all do.
    var firstWithout: String?
}
