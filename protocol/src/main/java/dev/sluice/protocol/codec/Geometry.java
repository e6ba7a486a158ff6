package dev.sluice.protocol.codec;

/**
 * A tensor's shape as the codecs see it: the last two of three or more sizes are rows and columns,
 * those before them channels; of two sizes the first is channels; a single size is channels of one
 * value.
 */
record Geometry(int channels, int rows, int columns) {
  static Geometry of(int[] shape) {
    int elements = Shapes.elements(shape);
    if (shape.length < 2) {
      return new Geometry(elements, 1, 1);
    }
    int columns = shape[shape.length - 1];
    int rows = shape.length == 2 ? 1 : shape[shape.length - 2];
    return new Geometry(elements / (rows * columns), rows, columns);
  }

  /** Returns the values of a channel. */
  int plane() {
    return rows * columns;
  }

  int elements() {
    return channels * rows * columns;
  }
}
