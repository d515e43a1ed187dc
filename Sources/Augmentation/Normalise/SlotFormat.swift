package import DataTypes

/// How one sample lies in its slot of a batch: number format and order of the axes.
package struct SlotFormat: Sendable, Hashable {
    package enum Layout: Sendable, Hashable {
        /// A plane a channel: MXNet's order.
        case channelsFirst
        /// Channels of a pixel side by side.
        case channelsLast
    }

    package var elementType: ElementType
    package var layout: Layout
    package var channels: Int
    package var height: Int
    package var width: Int

    package init(elementType: ElementType, layout: Layout, channels: Int, height: Int, width: Int) {
        self.elementType = elementType
        self.layout = layout
        self.channels = channels
        self.height = height
        self.width = width
    }

    package var elementCount: Int { channels * height * width }
    /// Bytes of one sample.
    package var byteCount: Int { elementCount * elementType.byteWidth }
}
