package dev.sluice.edge;

import dev.sluice.edge.session.Step;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.scheduler.profile.Profile.CodecCost;
import java.util.List;
import java.util.Optional;

/** What the profile says about the parts that a session runs; times are unscaled. Immutable. */
final class DeviceCosts {
  static final long NEVER = Long.MAX_VALUE / 4;

  private final Profile profile;
  private final long companionNanos;

  /**
   * Takes times from a profile.
   *
   * @param companion who finishes what plans send to a companion
   */
  DeviceCosts(Profile profile, Optional<CompanionInfo> companion) {
    this.profile = profile;
    this.companionNanos = companion.map(CompanionInfo::workerNanos).orElse(0L);
  }

  long preprocessNanos() {
    return profile.preprocessNanos();
  }

  /** Time of the segments between two cuts. */
  long segmentsNanos(int fromCut, int toCut) {
    long nanos = 0;
    for (int cut = fromCut + 1; cut <= toCut; cut++) {
      nanos += profile.segmentNanos(cut);
    }
    return nanos;
  }

  /** Time of a step with its exit head. */
  long stepNanos(Step step) {
    long head = step.exit().isPresent() ? profile.headNanos(step.exit().getAsInt()) : 0;
    return segmentsNanos(step.fromCut(), step.toCut()) + head;
  }

  long pathNanos(List<Step> path) {
    return path.stream().mapToLong(this::stepNanos).sum();
  }

  /** Time from a step of a path to the end of the next one with an exit; {@link #NEVER} if none. */
  long nextExitNanos(List<Step> path, int index, boolean needsInput) {
    long nanos = needsInput ? preprocessNanos() : 0;
    for (int i = index; i < path.size(); i++) {
      nanos += stepNanos(path.get(i));
      if (path.get(i).exit().isPresent()) {
        return nanos;
      }
    }
    return NEVER;
  }

  /** Time to encode what a plan sends. */
  long encodeNanos(Plan plan) {
    return codec(plan).map(CodecCost::encodeNanos).orElse(0L);
  }

  /**
   * Time to write tensors at a cut for an audit. Where nobody has measured the codec there, the
   * slowest that was: it is only asked whether there is time enough.
   */
  long auditEncodeNanos(int cut, String codec) {
    return profile
        .codec(cut, codec)
        .map(CodecCost::encodeNanos)
        .orElseGet(
            () ->
                profile.codecs().stream()
                    .mapToLong(CodecCost::encodeNanos)
                    .max()
                    .orElse(profile.preprocessNanos()));
  }

  /** Mean bytes that a plan sends per sample. */
  double meanBytes(Plan plan) {
    return codec(plan).map(CodecCost::meanBytes).orElse(0.0);
  }

  /**
   * Time that the worker needs from what a plan sends to a cut, exit heads on the way left out; a
   * companion needs the same wherever its answer counts.
   */
  long workerNanos(Plan plan, int toCut) {
    long decode = codec(plan).map(CodecCost::decodeNanos).orElse(0L);
    if (plan.usesCompanion()) {
      return decode + companionNanos;
    }
    long input = plan.sentCut() == 0 ? preprocessNanos() : 0;
    return decode + input + segmentsNanos(plan.sentCut(), toCut);
  }

  private Optional<CodecCost> codec(Plan plan) {
    return profile.codec(plan.sentCut(), plan.codec());
  }
}
