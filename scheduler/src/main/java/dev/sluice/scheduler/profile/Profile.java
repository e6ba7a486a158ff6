package dev.sluice.scheduler.profile;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Measured time per part of the network and cost per codec, on one reference machine. Immutable.
 *
 * <p>Device and worker are described by scale factors on these times, so only the proportions need
 * to carry over.
 *
 * @param version format version, {@link #VERSION}
 * @param machine what it was measured on
 * @param preprocessNanos picture to cut 0's tensor; paid by whoever computes from the picture
 * @param segments time from one cut to the next, one thread, median; for cuts 1 to last
 * @param heads time of each exit head, once; the final exit's, being part of the last segment, may
 *     be missing, an early exit's may not ({@link BundleFacts} refuses that)
 * @param codecs cost and size of every codec at every cut where it is offered, once
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Profile(
    int version,
    String machine,
    long preprocessNanos,
    List<SegmentTime> segments,
    List<HeadTime> heads,
    List<CodecCost> codecs) {
  /** Format version written by this code. */
  public static final int VERSION = 1;

  /** Longest time of a part: a day. So that no sum of parts overflows. */
  private static final long MOST_NANOS = 86_400_000_000_000L;

  private static final int MAX_JSON_BYTES = 4 << 20;

  /**
   * Time of the segment that ends at a cut.
   *
   * @param cut the cut at its end, at least 1; it begins at the cut before
   * @param nanos median time, from 0 to a day
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SegmentTime(int cut, long nanos) {
    public SegmentTime {
      requireAtLeast(1, cut, "a segment's cut");
      requireTime(nanos, "a segment's time");
    }
  }

  /**
   * Time of an exit head.
   *
   * @param exit the exit's number
   * @param nanos median time, from 0 to a day
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record HeadTime(int exit, long nanos) {
    public HeadTime {
      requireAtLeast(0, exit, "a head's exit");
      requireTime(nanos, "a head's time");
    }
  }

  /**
   * Cost of a codec at a cut.
   *
   * @param cut where it is offered
   * @param codec its name in the bundle
   * @param encodeNanos transform, quantising and lossless stage on the sending side
   * @param decodeNanos the same on the receiving side; at cut 0 without preprocessing
   * @param meanBytes mean payload, at least 0
   * @param p95Bytes 95th percentile of the payload, at least 0
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record CodecCost(
      int cut,
      String codec,
      long encodeNanos,
      long decodeNanos,
      double meanBytes,
      double p95Bytes) {
    public CodecCost {
      requireAtLeast(0, cut, "a codec's cut");
      requireTime(encodeNanos, "a codec's encoding time");
      requireTime(decodeNanos, "a codec's decoding time");
      if (!(meanBytes >= 0 && meanBytes <= 1e9 && p95Bytes >= 0 && p95Bytes <= 1e9)) {
        throw new IllegalArgumentException(
            "a codec's bytes must be in [0, 1e9]: " + meanBytes + ", " + p95Bytes);
      }
    }
  }

  public Profile {
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "profile version " + version + " is not supported, only " + VERSION);
    }
    requireTime(preprocessNanos, "preprocessNanos");
    segments = List.copyOf(segments);
    heads = List.copyOf(heads);
    codecs = List.copyOf(codecs);
    requireOnce(heads.stream().map(head -> "the head of exit " + head.exit()));
    requireOnce(codecs.stream().map(cost -> "codec " + cost.codec() + " at cut " + cost.cut()));
    for (int i = 0; i < segments.size(); i++) {
      if (segments.get(i).cut() != i + 1) {
        throw new IllegalArgumentException(
            "segments must be listed for cuts 1, 2, ...: " + segments.get(i) + " at place " + i);
      }
    }
  }

  /** Returns the last cut's number. */
  public int lastCut() {
    return segments.size();
  }

  /** Returns the time of the segment that ends at a cut in [1, lastCut]. */
  public long segmentNanos(int cut) {
    return segments.get(cut - 1).nanos();
  }

  /** Returns whether an exit's head was measured. */
  public boolean hasHead(int exit) {
    return heads.stream().anyMatch(head -> head.exit() == exit);
  }

  /** Returns the time of an exit's head, 0 where none was measured. */
  public long headNanos(int exit) {
    for (HeadTime head : heads) {
      if (head.exit() == exit) {
        return head.nanos();
      }
    }
    return 0;
  }

  /** Returns a codec's cost at a cut. */
  public Optional<CodecCost> codec(int cut, String codec) {
    return codecs.stream().filter(c -> c.cut() == cut && c.codec().equals(codec)).findFirst();
  }

  /** Returns the time of the whole network, without preprocessing and exit heads. */
  public long networkNanos() {
    return segments.stream().mapToLong(SegmentTime::nanos).sum();
  }

  /** Returns this profile as indented UTF-8 JSON. */
  public byte[] toJson() {
    return FactsJson.write(this);
  }

  /**
   * Reads a profile; unknown fields are ignored.
   *
   * @throws FactsFormatException if the bytes are no valid profile
   */
  public static Profile fromJson(byte[] json) throws FactsFormatException {
    return FactsJson.read(FactsJson.WHOLE, json, Profile.class, MAX_JSON_BYTES, "profile");
  }

  private static void requireTime(long nanos, String name) {
    requireAtLeast(0, nanos, name);
    if (nanos > MOST_NANOS) {
      throw new IllegalArgumentException(
          name + " must be at most " + MOST_NANOS + " ns, a day: " + nanos);
    }
  }

  /* Of two times for the same thing neither is known to be right. */
  private static void requireOnce(Stream<String> names) {
    Set<String> seen = new HashSet<>();
    names.forEach(
        name -> {
          if (!seen.add(name)) {
            throw new IllegalArgumentException(name + " is listed twice");
          }
        });
  }

  private static void requireAtLeast(long least, long value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ": " + value);
    }
  }
}
