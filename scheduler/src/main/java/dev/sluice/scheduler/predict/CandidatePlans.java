package dev.sluice.scheduler.predict;

import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.plan.Sends;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.BundleFacts.CodecFact;
import dev.sluice.scheduler.profile.BundleFacts.ExitFact;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.FactsFormatException;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.ThresholdFile;
import dev.sluice.scheduler.profile.ThresholdFront;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The plans a planner chooses among. */
public final class CandidatePlans {
  /** A threshold that hardly any sample reaches: the exit is there in case of need. */
  private static final double SAFETY_NET = 1.0;

  /** Stands for a policy that is no threshold. */
  private static final double ACTIVE = 1;

  private CandidatePlans() {}

  /** Thresholds of the final exit under which a companion is asked, from cautious to bold. */
  private static final double[] CASCADE = {0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5};

  /**
   * Returns all of Sluice's plans: every cut, every codec that the tables know, threshold families
   * with and without cloud exits; the whole network on the device; anytime plans, which stop at an
   * exit in any case; and those that send the picture after exits on the device, to the same
   * network or to the companion. No plan occurs twice.
   */
  public static List<PlanChain> sluice(BundleFacts facts) {
    ThresholdFront front =
        facts
            .thresholds()
            .orElseGet(() -> new ThresholdFamilies(facts.select(), facts.profile()).found());
    List<double[]> shared = ThresholdFamilies.shared(facts.finalExit());
    List<double[]> precise = arrays(front.precise());
    Chains chains = new Chains(facts);
    for (int split = 0; split <= facts.lastCut(); split++) {
      for (List<double[]> family : List.of(arrays(front.at(split)), precise, shared)) {
        if (split == facts.lastCut()) {
          chains.local(family);
          for (ExitFact exit : facts.exits().subList(0, facts.finalExit())) {
            chains.anytime(family, exit);
          }
          chains.cascades(family);
          continue;
        }
        chains.pictures(family, split);
        for (CodecFact codec : facts.codecs()) {
          if (codec.cut() == split && Codecs.predictable(facts, split, codec.codec())) {
            chains.split(family, split, codec.codec(), true);
            if (split > 0) {
              chains.split(family, split, codec.codec(), false);
            }
          }
        }
      }
    }
    return chains.all;
  }

  private static List<double[]> arrays(List<ThresholdFront.Vector> vectors) {
    return vectors.stream().map(ThresholdFront.Vector::toArray).toList();
  }

  /**
   * Finds the threshold vectors for a bundle, as it keeps them: those that no other one of their
   * family beats in both answers and time. Where a bundle keeps none, {@link #sluice} takes beaten
   * ones too.
   *
   * @param select the SELECT table's file
   * @param profile the profile's file, of the same network
   * @throws FactsFormatException if one of them is damaged
   */
  public static ThresholdFile thresholds(byte[] select, byte[] profile)
      throws FactsFormatException {
    ThresholdFamilies families =
        new ThresholdFamilies(CalibrationTable.read(select), Profile.fromJson(profile));
    return ThresholdFile.of(select, profile, families.front());
  }

  /**
   * Returns all of Sluice's plans where exits follow a policy of their own: every cut and codec,
   * with all the exits that may stop, or those from some exit on. Fewer exits are more cautious: of
   * those that stop alike, earlier ones err more.
   */
  public static List<PlanChain> following(BundleFacts facts, ExitCriterion criterion) {
    List<double[]> family = new ArrayList<>();
    for (int first = facts.finalExit() - 1; first >= 0; first--) {
      if (!criterion.active(first)) {
        continue;
      }
      double[] vector = new double[facts.finalExit()];
      for (int exit = 0; exit < vector.length; exit++) {
        vector[exit] = exit >= first && criterion.active(exit) ? ACTIVE : ThresholdFront.NEVER;
      }
      family.add(vector);
    }
    Chains chains = new Chains(facts);
    for (CodecFact codec : facts.codecs()) {
      if (Codecs.predictable(facts, codec.cut(), codec.codec())) {
        chains.split(family, codec.cut(), codec.codec(), true);
        if (codec.cut() > 0) {
          chains.split(family, codec.cut(), codec.codec(), false);
        }
      }
    }
    chains.local(family);
    for (ExitFact exit : facts.exits().subList(0, facts.finalExit())) {
      chains.anytime(family, exit);
      chains.pictures(family, exit.cut());
    }
    chains.pictures(family, 0);
    chains.cascades(family);
    return chains.all;
  }

  /**
   * Returns the plans of SPINN: every inner cut with one codec, the picture at cut 0 where that
   * codec or another is offered there, the whole network on the device; one threshold shared by all
   * exits.
   *
   * @param codec codec at inner cuts
   * @param pictureCodec codec at cut 0
   */
  public static List<PlanChain> sharedThreshold(
      BundleFacts facts, String codec, String pictureCodec) {
    List<double[]> shared = ThresholdFamilies.shared(facts.finalExit());
    Chains chains = new Chains(facts);
    for (CodecFact offered : facts.codecs()) {
      String wanted = offered.cut() == 0 ? pictureCodec : codec;
      if (offered.codec().equals(wanted)
          && Codecs.predictable(facts, offered.cut(), offered.codec())) {
        chains.split(shared, offered.cut(), offered.codec(), true);
      }
    }
    chains.local(shared);
    return chains.all;
  }

  /** Returns the plans without early exits: each cut with each of the codecs, and all local. */
  public static List<PlanChain> withoutExits(BundleFacts facts) {
    Chains chains = new Chains(facts);
    for (CodecFact codec : facts.codecs()) {
      if (Codecs.predictable(facts, codec.cut(), codec.codec())) {
        chains.split(List.of(), codec.cut(), codec.codec(), true);
      }
    }
    chains.local(List.of());
    return chains.all;
  }

  private static final class Chains {
    private final BundleFacts facts;
    private final Set<Plan> seen = new HashSet<>();
    private final List<PlanChain> all = new ArrayList<>();

    Chains(BundleFacts facts) {
      this.facts = facts;
    }

    void split(List<double[]> family, int split, String codec, boolean cloudExits) {
      int cutLimit = cloudExits ? facts.lastCut() : split;
      List<Plan> plans = new ArrayList<>();
      plans.add(new Plan(split, codec, List.of()));
      for (double[] vector : family) {
        plans.add(new Plan(split, codec, exits(vector, cutLimit)));
      }
      add(plans);
    }

    /**
     * Plans that send the picture though the device has computed up to a cut: only cuts with an
     * exit that may stop there, since without one a cut before would do. At cut 0 the companion is
     * all there is to choose: the picture for the network itself is a split like others.
     */
    void pictures(List<double[]> family, int split) {
      for (String codec : pictureCodecs(false)) {
        add(withLastExit(family, split, codec, Sends.PICTURE, facts.lastCut()));
        add(withLastExit(family, split, codec, Sends.PICTURE, split));
      }
      for (String codec : pictureCodecs(true)) {
        add(
            split == 0
                ? List.of(new Plan(0, codec, List.of(), Sends.COMPANION))
                : withLastExit(family, split, codec, Sends.COMPANION, split));
      }
    }

    private List<Plan> withLastExit(
        List<double[]> family, int split, String codec, Sends sends, int cutLimit) {
      List<Plan> plans = new ArrayList<>();
      for (double[] vector : family) {
        List<ExitThreshold> exits = exits(vector, cutLimit);
        if (exits.stream().anyMatch(exit -> facts.exitCut(exit.exit()) == split)) {
          plans.add(new Plan(split, codec, exits, sends));
        }
      }
      return plans;
    }

    /** The whole network on the device, and to the companion what its final exit is not sure of. */
    void cascades(List<double[]> family) {
      for (String codec : pictureCodecs(true)) {
        List<Plan> bare = new ArrayList<>();
        for (double threshold : CASCADE) {
          ExitThreshold last = new ExitThreshold(facts.finalExit(), threshold);
          bare.add(new Plan(facts.lastCut(), codec, List.of(last), Sends.COMPANION));
          List<Plan> plans = new ArrayList<>();
          for (double[] vector : family) {
            List<ExitThreshold> exits = new ArrayList<>(exits(vector, facts.lastCut()));
            exits.add(last);
            plans.add(new Plan(facts.lastCut(), codec, exits, Sends.COMPANION));
          }
          add(plans);
        }
        add(bare);
      }
    }

    private List<String> pictureCodecs(boolean companion) {
      return facts.codecs().stream()
          .filter(codec -> codec.cut() == 0)
          .map(CodecFact::codec)
          .filter(
              codec ->
                  companion
                      ? Codecs.predictableByCompanion(facts, codec)
                      : Codecs.predictable(facts, 0, codec))
          .toList();
    }

    void local(List<double[]> family) {
      List<Plan> plans = new ArrayList<>();
      plans.add(Plan.local(facts.lastCut(), List.of()));
      for (double[] vector : family) {
        plans.add(Plan.local(facts.lastCut(), exits(vector, facts.lastCut())));
      }
      add(plans);
    }

    void anytime(List<double[]> family, ExitFact last) {
      List<Plan> plans = new ArrayList<>();
      plans.add(Plan.local(last.cut(), anytime(List.of(), last.exit())));
      for (double[] vector : family) {
        plans.add(Plan.local(last.cut(), anytime(exits(vector, last.cut() - 1), last.exit())));
      }
      add(plans);
    }

    /*
     * The exit before the last one is looked at in any case: its head costs little, and where the
     * last one comes later than predicted, its answer is there by the deadline.
     */
    private static List<ExitThreshold> anytime(List<ExitThreshold> before, int last) {
      List<ExitThreshold> exits = new ArrayList<>(before);
      boolean netted = !exits.isEmpty() && exits.get(exits.size() - 1).exit() == last - 1;
      if (last > 0 && !netted) {
        exits.add(new ExitThreshold(last - 1, SAFETY_NET));
      }
      exits.add(new ExitThreshold(last, 0));
      return exits;
    }

    private List<ExitThreshold> exits(double[] vector, int cutLimit) {
      List<ExitThreshold> exits = new ArrayList<>();
      for (int exit = 0; exit < vector.length; exit++) {
        if (vector[exit] < ThresholdFront.NEVER && facts.exitCut(exit) <= cutLimit) {
          exits.add(new ExitThreshold(exit, vector[exit]));
        }
      }
      return exits;
    }

    /* No plan is in two chains. */
    private void add(List<Plan> plans) {
      List<Plan> fresh = plans.stream().filter(seen::add).toList();
      if (!fresh.isEmpty()) {
        all.add(new PlanChain(fresh));
      }
    }
  }
}
