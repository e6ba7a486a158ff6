package dev.sluice.scheduler.profile;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The layers of a network's parts, as far as models of their times need them. Immutable.
 *
 * <p>Operators that every engine fuses into the one before, such as batch normalisation and
 * activations, and views, such as reshaping, are no layers.
 *
 * @param segments layers between one cut and the next, for cuts 1 to the last
 * @param heads layers of the exits' heads, by exit; an exit without a head may be missing
 */
public record NetworkLayers(List<List<Layer>> segments, Map<Integer, List<Layer>> heads) {
  /** Kinds of layers, whose times follow different laws. */
  public enum Kind {
    /** Over all channels, or over groups of many: its size is multiply-accumulates. */
    CONVOLUTION,
    /** With a group per channel or nearly so: its size is multiply-accumulates. */
    DEPTHWISE_CONVOLUTION,
    /** Any other product, with a matrix: its size is multiply-accumulates. */
    FULLY_CONNECTED,
    /** Its size is the bytes that it reads and writes. */
    POOLING,
    /** Additions, softmax and the like: their size is the bytes that they read and write. */
    OTHER
  }

  /**
   * A layer.
   *
   * @param size what its time depends on, for one sample, in its kind's unit; finite, at least 0
   */
  public record Layer(Kind kind, double size) {
    public Layer {
      if (!(size >= 0 && size < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("a layer's size must be finite, at least 0: " + size);
      }
    }
  }

  public NetworkLayers {
    segments = segments.stream().map(List::copyOf).toList();
    heads =
        heads.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(Map.Entry::getKey, e -> List.copyOf(e.getValue())));
  }
}
