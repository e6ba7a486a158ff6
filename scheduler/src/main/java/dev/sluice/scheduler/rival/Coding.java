package dev.sluice.scheduler.rival;

import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.predict.CandidatePlans;
import dev.sluice.scheduler.predict.PlanChain;
import dev.sluice.scheduler.predict.Predictor;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import java.util.Comparator;
import java.util.List;

/** Which of a bundle's codecs a rival may send with. Immutable. */
public sealed interface Coding {
  /**
   * Returns the codecs that the rival may use, by ascending cut; empty where the bundle has none of
   * them. Only codecs whose effect the bundle's tables or profile tell are among them.
   */
  List<CodecFact> offered(BundleFacts facts);

  /** Tensors as float32 and pictures as pixels, as papers before SPINN send them. */
  static Coding uncompressed() {
    return new Named("f32", "raw");
  }

  /**
   * One codec for tensors and one for pictures.
   *
   * @param tensors codec at inner cuts
   * @param pictures codec at cut 0
   */
  record Named(String tensors, String pictures) implements Coding {
    @Override
    public List<CodecFact> offered(BundleFacts facts) {
      return predictable(facts).stream()
          .map(plan -> new CodecFact(plan.split(), plan.codec()))
          .filter(codec -> codec.codec().equals(codec.cut() == 0 ? pictures : tensors))
          .toList();
    }
  }

  /**
   * Every codec with which the network, without early exits, stays nearly as accurate.
   *
   * @param mostLoss accuracy that may be lost against the uncut network on the SELECT table, as a
   *     share in [0, 1]
   */
  record Within(double mostLoss) implements Coding {
    public Within {
      if (!(mostLoss >= 0 && mostLoss <= 1)) {
        throw new IllegalArgumentException("mostLoss must be in [0, 1]: " + mostLoss);
      }
    }

    @Override
    public List<CodecFact> offered(BundleFacts facts) {
      Predictor predictor = new Predictor(facts, predictable(facts), 0, 0);
      double least = predictor.finalAccuracy() - mostLoss;
      return predictable(facts).stream()
          .filter(plan -> predictor.accuracy(predictor.index(plan)) >= least)
          .map(plan -> new CodecFact(plan.split(), plan.codec()))
          .toList();
    }
  }

  private static List<Plan> predictable(BundleFacts facts) {
    return CandidatePlans.withoutExits(facts).stream()
        .map(PlanChain::plans)
        .flatMap(List::stream)
        .filter(Plan::usesCloud)
        .sorted(Comparator.comparingInt(Plan::split))
        .toList();
  }
}
