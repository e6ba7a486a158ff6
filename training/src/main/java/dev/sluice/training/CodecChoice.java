package dev.sluice.training;

import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.transform.CutCodec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which of the tried codecs a bundle keeps: all without a transform, and at each cut up to three
 * transforms that no other codec there beats in bytes and answers at once.
 */
final class CodecChoice {
  private static final int MOST_TRANSFORMS = 3;

  /** A codec that loses more than this share of right answers is of no use at any rate. */
  private static final double MOST_LOSS = 0.04;

  private static final double NOTICEABLE_LOSS = 0.015;

  private CodecChoice() {}

  static List<CutCodec> keep(ExitNetwork network, Recording select) {
    List<CutCodec> kept = new ArrayList<>();
    double lossless = select.accuracy(network.exits() - 1);
    for (int cut = 0; cut < network.lastCut(); cut++) {
      List<Integer> here = at(select, cut);
      for (int codec : here) {
        if (select.codecs().get(codec).transform().isEmpty()) {
          kept.add(select.codecs().get(codec));
        }
      }
      List<Integer> transforms =
          new ArrayList<>(
              here.stream()
                  .filter(codec -> select.codecs().get(codec).transform().isPresent())
                  .filter(codec -> select.finalAccuracy(codec) >= lossless - MOST_LOSS)
                  .filter(codec -> here.stream().noneMatch(other -> beats(select, other, codec)))
                  .sorted(Comparator.comparingDouble(select::meanBytes).reversed())
                  .toList());
      // Of too many the coarsest goes if it loses answers, else the finest: eight bits are there
      // too.
      while (transforms.size() > MOST_TRANSFORMS) {
        int coarsest = transforms.size() - 1;
        boolean loses = select.finalAccuracy(transforms.get(coarsest)) < lossless - NOTICEABLE_LOSS;
        transforms.remove(loses ? coarsest : 0);
      }
      transforms.forEach(codec -> kept.add(select.codecs().get(codec)));
    }
    return kept;
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
