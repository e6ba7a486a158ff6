package dev.sluice.experiments.study.replay;

import dev.sluice.edge.session.CloudReply.LabelProbability;
import dev.sluice.edge.session.CloudRequest;
import dev.sluice.experiments.demo.SimulatedCloud;
import dev.sluice.model.exit.ExitPolicy;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.exit.ExitState;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.Profile;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * A worker that looks up what follows a codec and takes its profiled time, with noise. Not
 * thread-safe.
 */
public final class ReplayedWorker implements SimulatedCloud.Worker {
  private static final double NOISE_CUT = 3;

  private final CalibrationTable table;
  private final Optional<ReplayedCompanion> companion;
  private final Profile profile;
  private final int[] rows;
  private final double relativeSd;
  private final RandomGenerator noise;

  /**
   * Replays a table.
   *
   * @param companion who answers what is sent to it
   * @param profile of the worker
   * @param rows the table's row by frame; not to be modified
   * @param relativeSd standard deviation of the noise on each time, in [0, 0.3)
   */
  public ReplayedWorker(
      CalibrationTable table,
      Optional<ReplayedCompanion> companion,
      Profile profile,
      int[] rows,
      double relativeSd,
      RandomGenerator noise) {
    this.table = table;
    this.companion = companion;
    this.profile = profile;
    this.rows = rows;
    this.relativeSd = relativeSd;
    this.noise = noise;
  }

  @Override
  public Result finish(CloudRequest request) {
    int row = rows[Math.toIntExact(request.id())];
    if (!request.model().isEmpty()) {
      return accompanied(request, row);
    }
    int variant = table.variant(request.cut(), request.codec()).orElseThrow();
    long nanos =
        profile.codec(request.cut(), request.codec()).orElseThrow().decodeNanos()
            + (request.cut() == 0 ? profile.preprocessNanos() : 0);
    int at = request.cut();
    for (int exit = table.firstExit(variant); ; exit++) {
      for (; at < table.exitCut(exit); at++) {
        nanos += profile.segmentNanos(at + 1);
      }
      Optional<ExitPolicy> policy = Optional.ofNullable(request.exits().get(exit));
      ExitScores scores =
          TableScores.of(
              table.classes(),
              table.predicted(variant, row, exit),
              table.confidence(variant, row, exit),
              table.margin(variant, row, exit));
      boolean stops = exit == table.exits() - 1;
      if (policy.isPresent() && !stops) {
        nanos += profile.headNanos(exit);
        stops = policy.get().stops(scores, ExitState.NONE, PolicyData.NONE.of(exit));
      }
      if (stops) {
        return new Result(
            exit,
            List.of(new LabelProbability(scores.predicted(), scores.confidence())),
            noisy(nanos));
      }
    }
  }

  private Result accompanied(CloudRequest request, int row) {
    ReplayedCompanion other = companion.orElseThrow();
    if (!other.fact().digest().equals(request.model())) {
      throw new IllegalArgumentException("no network is called " + request.model());
    }
    int variant = other.test().variant(0, request.codec()).orElseThrow();
    long decode = profile.codec(0, request.codec()).orElseThrow().decodeNanos();
    LabelProbability answer =
        new LabelProbability(
            other.test().predicted(variant, row, 0), other.test().confidence(variant, row, 0));
    return new Result(0, List.of(answer), noisy(decode + other.fact().workerNanos()));
  }

  private long noisy(long nanos) {
    double deviation = Math.max(-NOISE_CUT, Math.min(NOISE_CUT, noise.nextGaussian())) * relativeSd;
    return Math.round(nanos * (1 + deviation));
  }
}
