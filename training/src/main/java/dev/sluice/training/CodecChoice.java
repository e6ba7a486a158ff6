package dev.sluice.training;

import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.transform.CutCodec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which of the tried codecs a bundle keeps: pixels, PNG and the JPEG file that others are compared
 * with, float32 and eight bits, and at each cut up to {@value #MOST_OTHERS} others, at the input up
 * to {@value #MOST_PICTURES}, that no codec there beats in bytes and answers at once.
 */
final class CodecChoice {
  private static final int MOST_OTHERS = 4;

  /** Whatever is asked of the accuracy, one of these is to be near: they are the common way out. */
  private static final int MOST_PICTURES = 6;

  /** Pictures that every rival can send; they stay, however good the others are. */
  private static final Set<String> PLAIN_PICTURES = Set.of("raw", "png", "jpeg-75");

  /** A codec that loses more than this share of right answers is of no use at any rate. */
  private static final double MOST_LOSS = 0.04;

  /** Losses that plans are asked to hold; the smallest codec within each always stays. */
  private static final double LITTLE_LOSS = 0.005;

  private static final double NEARLY_ALL = 0.98;

  private CodecChoice() {}

  /**
   * How a codec did on the set that codecs are chosen on.
   *
   * @param meanBytes of its payloads
   * @param accuracy share of samples that the final exit gets right behind it
   * @param unchanged share of samples about which the final exit says what it says without it
   */
  record Tried(CutCodec codec, double meanBytes, double accuracy, double unchanged) {
    private boolean isPlain() {
      return codec.cut() == 0
          ? PLAIN_PICTURES.contains(codec.name())
          : codec.transform().isEmpty() && codec.tables().isEmpty();
    }

    private boolean beats(Tried other) {
      return meanBytes < other.meanBytes
          && accuracy >= other.accuracy
          && unchanged >= other.unchanged;
    }
  }

  static List<CutCodec> keep(ExitNetwork network, Recording select) {
    List<Tried> tried =
        IntStream.range(0, select.codecs().size())
            .mapToObj(
                i ->
                    new Tried(
                        select.codecs().get(i),
                        select.meanBytes(i),
                        select.finalAccuracy(i),
                        select.unchanged(i)))
            .toList();
    return keep(tried, select.accuracy(network.exits() - 1));
  }

  /**
   * Returns the codecs to keep, cut by cut: first the plain ones as they were tried, then the
   * others from the largest down.
   *
   * @param lossless the final exit's accuracy without a codec
   */
  static List<CutCodec> keep(List<Tried> tried, double lossless) {
    List<CutCodec> kept = new ArrayList<>();
    for (int cut : tried.stream().mapToInt(t -> t.codec().cut()).distinct().sorted().toArray()) {
      List<Tried> here = tried.stream().filter(t -> t.codec().cut() == cut).toList();
      List<Tried> others =
          new ArrayList<>(
              here.stream()
                  .filter(t -> !t.isPlain())
                  .filter(t -> t.accuracy() >= lossless - MOST_LOSS)
                  .filter(t -> here.stream().noneMatch(other -> other.beats(t)))
                  .sorted(Comparator.comparingDouble(Tried::meanBytes).reversed())
                  .toList());
      thin(others, cut == 0 ? MOST_PICTURES : MOST_OTHERS, lossless);
      Stream.concat(here.stream().filter(Tried::isPlain), others.stream())
          .map(Tried::codec)
          .forEach(kept::add);
    }
    return kept;
  }

  /** Lets go the ones whose neighbours are nearest, until few are left. */
  private static void thin(List<Tried> others, int most, double lossless) {
    Set<Tried> wanted =
        Set.copyOf(
            Stream.of(
                    smallest(others, t -> t.accuracy() >= lossless - LITTLE_LOSS),
                    smallest(others, t -> t.unchanged() >= NEARLY_ALL))
                .flatMap(Optional::stream)
                .toList());
    while (others.size() > most) {
      int nearest = -1;
      for (int i = 0; i < others.size(); i++) {
        if (!wanted.contains(others.get(i))
            && (nearest < 0 || gap(others, i) < gap(others, nearest))) {
          nearest = i;
        }
      }
      others.remove(nearest);
    }
  }

  /** The last of those that are sorted from the largest down. */
  private static Optional<Tried> smallest(List<Tried> others, Predicate<Tried> good) {
    return others.stream().filter(good).reduce((larger, smaller) -> smaller);
  }

  /** How far apart a codec's neighbours are; the ends are as far as anything. */
  private static double gap(List<Tried> others, int i) {
    return i == 0 || i == others.size() - 1
        ? Double.MAX_VALUE
        : others.get(i - 1).meanBytes() / others.get(i + 1).meanBytes();
  }
}
