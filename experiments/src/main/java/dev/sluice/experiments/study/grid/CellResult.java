package dev.sluice.experiments.study.grid;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.experiments.study.replay.StreamLog;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * What was measured in a cell. Immutable; can be written as JSON and read back.
 *
 * @param key the cell
 * @param blocks of the stream, warm-up apart
 * @param differentBlocks how many blocks have pictures of their own, positive: block {@code i} of
 *     all seeds has the pictures of block {@code i} modulo this
 * @param histogram latencies from capture of the blocks' frames, an encoded {@link Histogram} of
 *     microseconds in base 64. A frame without a prediction counts with twice the deadline at least
 * @param probes that were sent
 * @param planChanges of the whole stream
 * @param proven whether the task's accuracy floor is proven for every plan that was decided on
 * @param joulesPerFrame device and radio, lead and warm-up included; 0 where it was not priced
 * @param extras what else a study wants to know of the stream
 */
public record CellResult(
    CellKey key,
    List<Block> blocks,
    int differentBlocks,
    String histogram,
    long probes,
    long planChanges,
    @JsonProperty(required = true) boolean proven,
    double joulesPerFrame,
    Map<String, Double> extras) {
  private static final long LONGEST_MICROS = 3_600_000_000L;
  private static final int DIGITS = 3;

  public CellResult {
    blocks = List.copyOf(blocks);
    if (differentBlocks < 1) {
      throw new IllegalArgumentException("differentBlocks must be positive: " + differentBlocks);
    }
    extras = Map.copyOf(extras);
  }

  /** Of a strategy that cannot take part there. */
  static CellResult absent(CellKey key) {
    return new CellResult(key, List.of(), 1, "", 0, 0, false, 0, Map.of());
  }

  boolean tookPart() {
    return !blocks.isEmpty();
  }

  static CellResult of(
      CellKey key,
      StreamLog log,
      int warmUpFrames,
      int blockFrames,
      int differentBlocks,
      boolean proven,
      Map<String, Double> extras) {
    List<Block> blocks = Block.of(log, warmUpFrames, blockFrames);
    Histogram histogram = empty();
    for (int i = 0; i < blocks.size() * blockFrames; i++) {
      long micros = (log.latencyNanos(warmUpFrames + i) + 500) / 1000;
      histogram.recordValue(Math.min(LONGEST_MICROS, micros));
    }
    ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
    int length = histogram.encodeIntoCompressedByteBuffer(buffer);
    byte[] bytes = new byte[length];
    buffer.rewind().get(bytes);
    return new CellResult(
        key,
        blocks,
        differentBlocks,
        Base64.getEncoder().encodeToString(bytes),
        log.probes(),
        log.planChanges(),
        proven,
        log.energy().map(energy -> energy.totalJoules()).orElse(0.0),
        extras);
  }

  /** An empty histogram of latencies in microseconds. */
  static Histogram empty() {
    return new Histogram(LONGEST_MICROS, DIGITS);
  }

  /**
   * Adds the latencies to a histogram.
   *
   * @throws IllegalStateException if the text is none
   */
  void addTo(Histogram sum) {
    try {
      byte[] bytes = Base64.getDecoder().decode(histogram);
      sum.add(Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(bytes), LONGEST_MICROS));
    } catch (DataFormatException | IllegalArgumentException e) {
      throw new IllegalStateException("not a histogram: " + key.text(), e);
    }
  }
}
