package dev.sluice.scheduler.profile;

import java.util.List;
import java.util.Optional;

/**
 * All that planners know of a bundle, without seeing the model. Immutable.
 *
 * @param lastCut the network's output; cut 0 is its input
 * @param exits every exit in order of cut, the last one being the final exit at {@code lastCut}
 * @param cuts every cut from 0 to {@code lastCut} with the share of the network's MACs before it
 * @param codecs codecs offered, by cut
 * @param profile measured times of the device's network, the head of every early exit included
 * @param workerProfile the same of the worker's network; another one where the device computes at
 *     another precision
 * @param select table on which plans are chosen
 * @param certify table on which accuracy floors are proven; shares no sample with {@code select}
 * @param companion another network in the cloud, which pictures may be sent to
 * @param layers what segments and heads consist of, where somebody has looked; only models of times
 *     by kind of layer need it
 * @param thresholds vectors found on {@code select} and {@code profile} when the bundle was made;
 *     empty where there were none, or one of the two is another by now: then they are found anew
 */
public record BundleFacts(
    int lastCut,
    List<ExitFact> exits,
    List<CutFact> cuts,
    List<CodecFact> codecs,
    Profile profile,
    Profile workerProfile,
    CalibrationTable select,
    CalibrationTable certify,
    Optional<CompanionFact> companion,
    Optional<NetworkLayers> layers,
    Optional<ThresholdFront> thresholds) {

  /** Makes the facts of a bundle that keeps no threshold vectors. */
  public BundleFacts(
      int lastCut,
      List<ExitFact> exits,
      List<CutFact> cuts,
      List<CodecFact> codecs,
      Profile profile,
      Profile workerProfile,
      CalibrationTable select,
      CalibrationTable certify,
      Optional<CompanionFact> companion,
      Optional<NetworkLayers> layers) {
    this(
        lastCut,
        exits,
        cuts,
        codecs,
        profile,
        workerProfile,
        select,
        certify,
        companion,
        layers,
        Optional.empty());
  }

  /** Makes the facts of a bundle whose layers nobody has looked at. */
  public BundleFacts(
      int lastCut,
      List<ExitFact> exits,
      List<CutFact> cuts,
      List<CodecFact> codecs,
      Profile profile,
      Profile workerProfile,
      CalibrationTable select,
      CalibrationTable certify,
      Optional<CompanionFact> companion) {
    this(
        lastCut,
        exits,
        cuts,
        codecs,
        profile,
        workerProfile,
        select,
        certify,
        companion,
        Optional.empty());
  }

  /** Makes the facts of a bundle without companion. */
  public BundleFacts(
      int lastCut,
      List<ExitFact> exits,
      List<CutFact> cuts,
      List<CodecFact> codecs,
      Profile profile,
      Profile workerProfile,
      CalibrationTable select,
      CalibrationTable certify) {
    this(lastCut, exits, cuts, codecs, profile, workerProfile, select, certify, Optional.empty());
  }

  /** Makes the facts of a bundle whose network both sides run at the same precision. */
  public BundleFacts(
      int lastCut,
      List<ExitFact> exits,
      List<CutFact> cuts,
      List<CodecFact> codecs,
      Profile profile,
      CalibrationTable select,
      CalibrationTable certify) {
    this(lastCut, exits, cuts, codecs, profile, profile, select, certify);
  }

  /**
   * An exit and its place.
   *
   * @param exit its number
   * @param cut the cut it sits on
   */
  public record ExitFact(int exit, int cut) {}

  /**
   * A cut and what precedes it.
   *
   * @param cut its number
   * @param macShare share of the network's MACs before it, in [0, 1]
   */
  public record CutFact(int cut, double macShare) {
    public CutFact {
      require(macShare >= 0 && macShare <= 1, "a share of MACs must be in [0, 1]: " + macShare);
    }
  }

  /**
   * A codec offered at a cut.
   *
   * @param cut where
   * @param codec its name in the bundle
   */
  public record CodecFact(int cut, String codec) {}

  public BundleFacts {
    exits = List.copyOf(exits);
    cuts = List.copyOf(cuts);
    codecs = List.copyOf(codecs);
    require(lastCut >= 1, "a network has at least one segment");
    require(!exits.isEmpty(), "a network has at least its final exit");
    for (int i = 0; i < exits.size(); i++) {
      require(exits.get(i).exit() == i, "exits must be numbered in order: " + exits);
      require(
          i == 0 || exits.get(i - 1).cut() < exits.get(i).cut(),
          "exits must ascend by cut: " + exits);
    }
    require(exits.get(0).cut() >= 1, "an exit needs at least one segment before it: " + exits);
    require(exits.get(exits.size() - 1).cut() == lastCut, "the last exit must sit on the last cut");
    require(cuts.size() == lastCut + 1, "every cut from 0 to " + lastCut + " must be listed");
    for (int i = 0; i < cuts.size(); i++) {
      require(cuts.get(i).cut() == i, "cuts must be numbered in order: " + cuts);
    }
    for (CodecFact codec : codecs) {
      require(
          codec.cut() >= 0 && codec.cut() < lastCut, "a codec belongs to a cut to send: " + codec);
    }
    for (Profile times : List.of(profile, workerProfile)) {
      require(
          times.lastCut() == lastCut,
          "the profile has " + times.lastCut() + " segments, the bundle " + lastCut);
      for (ExitFact early : exits.subList(0, exits.size() - 1)) {
        /* Without its time an exit would look as if it cost nothing. */
        require(
            times.hasHead(early.exit()),
            "the profile lacks the time of the head of exit " + early.exit());
      }
    }
    require(
        select.role() == CalibrationTable.Role.SELECT
            && certify.role() == CalibrationTable.Role.CERTIFY,
        "plans are chosen on a SELECT table and proven on a CERTIFY table, not on "
            + select.role()
            + " and "
            + certify.role());
    layers.ifPresent(
        known ->
            require(
                known.segments().size() == lastCut,
                "layers of " + known.segments().size() + " segments, the bundle has " + lastCut));
    require(select.classes() == certify.classes(), "calibration tables of different classes");
    for (CalibrationTable table : List.of(select, certify)) {
      require(table.samples() > 0, "a calibration table without samples");
      require(table.exits() == exits.size(), "a calibration table of other exits");
      for (ExitFact exit : exits) {
        require(table.exitCut(exit.exit()) == exit.cut(), "a calibration table of other cuts");
      }
      companion.ifPresent(known -> known.requireSameSamples(table));
    }
    List<Integer> exitCuts = exits.stream().map(ExitFact::cut).toList();
    thresholds.ifPresent(
        front ->
            require(
                front.exitCuts().equals(exitCuts),
                "thresholds for exits at cuts " + front.exitCuts() + ", not " + exitCuts));
  }

  /** Returns the same facts with a companion. */
  public BundleFacts with(CompanionFact other) {
    return with(Optional.of(other));
  }

  /** Returns the same facts for planners that are to know of no companion. */
  public BundleFacts withoutCompanion() {
    return companion.isEmpty() ? this : with(Optional.empty());
  }

  private BundleFacts with(Optional<CompanionFact> other) {
    return new BundleFacts(
        lastCut,
        exits,
        cuts,
        codecs,
        profile,
        workerProfile,
        select,
        certify,
        other,
        layers,
        thresholds);
  }

  /** Returns the same facts with the network's layers. */
  public BundleFacts with(NetworkLayers found) {
    return new BundleFacts(
        lastCut,
        exits,
        cuts,
        codecs,
        profile,
        workerProfile,
        select,
        certify,
        companion,
        Optional.of(found),
        thresholds);
  }

  /** Returns the same facts with threshold vectors, which must be of their exits. */
  public BundleFacts with(ThresholdFront found) {
    return new BundleFacts(
        lastCut,
        exits,
        cuts,
        codecs,
        profile,
        workerProfile,
        select,
        certify,
        companion,
        layers,
        Optional.of(found));
  }

  /** Returns the number by which a companion's answer goes where exits are counted. */
  public int companionExit() {
    return exits.size();
  }

  /** Returns the final exit's number. */
  public int finalExit() {
    return exits.size() - 1;
  }

  /** Returns the cut on which an exit sits. */
  public int exitCut(int exit) {
    return exits.get(exit).cut();
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
