package dev.sluice.training;

import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.transform.CutCodec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Stream;

/**
 * Which of the tried codecs a bundle keeps: pixels, PNG and the JPEG file that others are compared
 * with, float32 and eight bits, and at each cut up to {@value #MOST_OTHERS} others that no codec
 * there beats in bytes and answers at once.
 */
final class CodecChoice {
  private static final int MOST_OTHERS = 4;

  /** Pictures that every rival can send; they stay, however good the others are. */
  private static final Set<String> PLAIN_PICTURES = Set.of("raw", "png", "jpeg-75");

  /** A codec that loses more than this share of right answers is of no use at any rate. */
  private static final double MOST_LOSS = 0.04;

  /** Losses that plans are asked to hold; the smallest codec within each always stays. */
  private static final double LITTLE_LOSS = 0.005;

  private static final double NEARLY_ALL = 0.98;

  private CodecChoice() {}

  static List<CutCodec> keep(ExitNetwork network, Recording select) {
    List<CutCodec> kept = new ArrayList<>();
    double lossless = select.accuracy(network.exits() - 1);
    for (int cut = 0; cut < network.lastCut(); cut++) {
      List<Integer> here = at(select, cut);
      for (int codec : here) {
        if (isAlwaysKept(select.codecs().get(codec))) {
          kept.add(select.codecs().get(codec));
        }
      }
      List<Integer> others =
          new ArrayList<>(
              here.stream()
                  .filter(codec -> !isAlwaysKept(select.codecs().get(codec)))
                  .filter(codec -> select.finalAccuracy(codec) >= lossless - MOST_LOSS)
                  .filter(codec -> here.stream().noneMatch(other -> beats(select, other, codec)))
                  .sorted(Comparator.comparingDouble(select::meanBytes).reversed())
                  .toList());
      thin(select, others, lossless);
      others.forEach(codec -> kept.add(select.codecs().get(codec)));
    }
    return kept;
  }

  private static boolean isAlwaysKept(CutCodec codec) {
    return codec.cut() == 0
        ? PLAIN_PICTURES.contains(codec.name())
        : codec.transform().isEmpty() && codec.tables().isEmpty();
  }

  /** Lets go the ones whose neighbours are nearest, until few are left. */
  private static void thin(Recording select, List<Integer> others, double lossless) {
    Set<Integer> wanted =
        Set.copyOf(
            Stream.of(
                    smallest(
                        others, codec -> select.finalAccuracy(codec) >= lossless - LITTLE_LOSS),
                    smallest(others, codec -> select.unchanged(codec) >= NEARLY_ALL))
                .flatMap(Optional::stream)
                .toList());
    while (others.size() > MOST_OTHERS) {
      int nearest = -1;
      for (int i = 0; i < others.size(); i++) {
        if (!wanted.contains(others.get(i))
            && (nearest < 0 || gap(select, others, i) < gap(select, others, nearest))) {
          nearest = i;
        }
      }
      others.remove(nearest);
    }
  }

  /** The last of those that are sorted from the largest down. */
  private static Optional<Integer> smallest(List<Integer> others, IntPredicate good) {
    return others.stream().filter(good::test).reduce((larger, smaller) -> smaller);
  }

  /** How far apart a codec's neighbours are; the ends are as far as anything. */
  private static double gap(Recording select, List<Integer> others, int i) {
    return i == 0 || i == others.size() - 1
        ? Double.MAX_VALUE
        : select.meanBytes(others.get(i - 1)) / select.meanBytes(others.get(i + 1));
  }

  private static List<Integer> at(Recording recording, int cut) {
    List<Integer> here = new ArrayList<>();
    for (int codec = 0; codec < recording.codecs().size(); codec++) {
      if (recording.codecs().get(codec).cut() == cut) {
        here.add(codec);
      }
    }
    return here;
  }

  private static boolean beats(Recording recording, int one, int other) {
    return recording.meanBytes(one) < recording.meanBytes(other)
        && recording.finalAccuracy(one) >= recording.finalAccuracy(other)
        && recording.unchanged(one) >= recording.unchanged(other);
  }
}
