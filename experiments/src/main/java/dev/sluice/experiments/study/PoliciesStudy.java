package dev.sluice.experiments.study;

import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.edge.host.ModelNetwork;
import dev.sluice.edge.session.Frame;
import dev.sluice.edge.session.Route;
import dev.sluice.experiments.demo.SplitNetwork;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.model.BundlePolicies;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.PolicyChoice;
import dev.sluice.model.exit.PolicyData;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import dev.sluice.training.RoadSignsData;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.policy.ExitOutputs;
import dev.sluice.training.policy.FittedBundle;
import dev.sluice.training.policy.PolicyFit;
import dev.sluice.training.policy.PolicyReplay;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which exit policy saves most of the shipped network's MACs at the same loss of accuracy, and does
 * a split network decide as the whole one does?
 *
 * <p>Each kind's setting is chosen on the select set, as the cheapest that loses at most a point
 * there against the final exit, and reported on the test set, which nothing was fitted or chosen
 * on. The loss that thresholds per class may cause is chosen by fitting on one half of the select
 * set's drives and judging on the other.
 */
final class PoliciesStudy implements Study {
  private static final double MOST_LOST = 0.01;
  private static final long DATA_SEED = 20;
  private static final RoadSignsData.Sizes QUICK = new RoadSignsData.Sizes(1, 1500, 120, 1000);
  private static final int SPLIT_FRAMES = 60;
  private static final int QUICK_SPLIT_FRAMES = 12;

  @Override
  public String name() {
    return "policies";
  }

  @Override
  public String question() {
    return "Which exit policy saves most at the same accuracy, and do split runs decide alike?";
  }

  /** A kind of policy with its settings. */
  private record Kind(String name, List<Setting> settings) {}

  /** One setting and the data it judges by. */
  private record Setting(PolicyChoice choice, PolicyData data) {}

  /** A setting on both sets. */
  private record Tried(Setting setting, PolicyReplay.Outcome select, PolicyReplay.Outcome test) {}

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Path path = context.input("roadsigns", context.home().resolve("experiments/bundles/roadsigns"));
    Bundle bundle = Bundle.open(path);
    DataSets sets =
        RoadSignsData.draw(DATA_SEED, context.quick() ? QUICK : RoadSignsData.Sizes.published());
    int threads = Runtime.getRuntime().availableProcessors();
    ExitOutputs temperature;
    ExitOutputs select;
    ExitOutputs test;
    try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread())) {
      context.console().println("running " + sets.sizes());
      temperature = ExitOutputs.of(model, sets.temperature(), threads, done -> {});
      select = ExitOutputs.of(model, sets.select(), threads, done -> {});
      test = ExitOutputs.of(model, sets.test(), threads, done -> {});
    }
    byte[] file = new PolicyFit(PolicyFit.Options.standard()).fit(temperature, select).toBytes();
    PolicyData data = PolicyData.read(file);
    List<Claim> claims =
        compare(
            context,
            bundle.manifest(),
            kinds(bundle.manifest(), data, temperature, select),
            select,
            test);
    claims.add(splits(context, bundle, file, sets));
    return claims;
  }

  private static List<Kind> kinds(
      BundleManifest manifest, PolicyData data, ExitOutputs temperature, ExitOutputs select)
      throws IOException {
    List<Kind> kinds = new ArrayList<>();
    kinds.add(grid("top-1 probability", "top1 >= %s", 0.5, 0.995, 0.01, data));
    kinds.add(grid("entropy", "entropy <= %s nats", 0.02, 1.5, 0.02, data));
    kinds.add(grid("margin", "margin >= %s", 0.3, 0.995, 0.01, data));
    kinds.add(grid("patience", "patience %s", 1, 3, 1, data));
    kinds.add(grid("class means", "class-means >= %s", 0.3, 0.995, 0.01, data));
    kinds.add(grid("trust score", "trust >= %s", 0.8, 3, 0.05, data));
    kinds.add(new Kind("per-class thresholds", List.of(perClass(manifest, temperature, select))));
    return kinds;
  }

  /**
   * Thresholds per class are fitted on the select set, so how much they may lose is chosen on one
   * half of its drives after fitting on the other; then they are fitted on all.
   */
  private static Setting perClass(
      BundleManifest manifest, ExitOutputs temperature, ExitOutputs select) throws IOException {
    PolicyChoice choice = PolicyChoice.parse("per-class top1 >= fitted");
    ExitOutputs odd = select.only(s -> select.sequences()[s] % 2 != 0);
    ExitOutputs even = select.only(s -> select.sequences()[s] % 2 == 0);
    double wanted = even.accuracy(even.exits() - 1) - MOST_LOST;
    double chosen = 0;
    double least = Double.POSITIVE_INFINITY;
    for (double loss : new double[] {0, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03}) {
      PolicyData half =
          new PolicyFit(PolicyFit.Options.standard().withLoss(loss)).fit(temperature, odd);
      PolicyReplay.Outcome outcome =
          PolicyReplay.of(manifest, even, FittedBundle.bind(manifest, choice, half));
      if (outcome.accuracy() >= wanted && outcome.meanMacs() < least) {
        least = outcome.meanMacs();
        chosen = loss;
      }
    }
    PolicyFit.Options options = PolicyFit.Options.standard().withLoss(chosen);
    return new Setting(
        choice, PolicyData.read(new PolicyFit(options).fit(temperature, select).toBytes()));
  }

  private static Kind grid(
      String name, String text, double from, double to, double step, PolicyData data) {
    List<Setting> settings = new ArrayList<>();
    for (int i = 0; from + i * step <= to + 1e-9; i++) {
      double value = from + i * step;
      String number =
          value == Math.rint(value)
              ? String.format(Locale.ROOT, "%.0f", value)
              : String.format(Locale.ROOT, "%.3f", value);
      settings.add(new Setting(PolicyChoice.parse(text.formatted(number)), data));
    }
    return new Kind(name, settings);
  }

  private static List<Claim> compare(
      StudyContext context,
      BundleManifest manifest,
      List<Kind> kinds,
      ExitOutputs select,
      ExitOutputs test)
      throws IOException {
    int finalExit = test.exits() - 1;
    double wanted = select.accuracy(finalExit) - MOST_LOST;
    List<List<Object>> curve = new ArrayList<>();
    TextTable table =
        new TextTable("policy", "setting", "select", "test", "against uncut", "MACs", "last exit");
    List<Claim> claims = new ArrayList<>();
    Map<String, Tried> chosen = new LinkedHashMap<>();
    for (Kind kind : kinds) {
      Optional<Tried> best = Optional.empty();
      for (Setting setting : kind.settings()) {
        var policies = FittedBundle.bind(manifest, setting.choice(), setting.data());
        Tried tried =
            new Tried(
                setting,
                PolicyReplay.of(manifest, select, policies),
                PolicyReplay.of(manifest, test, policies));
        curve.add(
            List.of(
                kind.name(),
                setting.choice(),
                tried.select().accuracy(),
                tried.select().meanMacs(),
                tried.test().accuracy(),
                tried.test().meanMacs()));
        boolean holds = tried.select().accuracy() >= wanted;
        if (holds
            && (best.isEmpty() || tried.select().meanMacs() < best.get().select().meanMacs())) {
          best = Optional.of(tried);
        }
      }
      best.ifPresent(tried -> chosen.put(kind.name(), tried));
    }
    context.csv(
        "curves.csv",
        List.of(
            "policy", "setting", "select_accuracy", "select_macs", "test_accuracy", "test_macs"),
        curve);
    List<List<Object>> rows = new ArrayList<>();
    chosen.forEach(
        (name, tried) -> {
          Interval difference = difference(test, tried.test());
          table.row(
              name,
              tried.setting().choice().toString(),
              percent(tried.select().accuracy()),
              percent(tried.test().accuracy()),
              String.format(
                  Locale.ROOT,
                  "%+.2f (%+.2f to %+.2f)",
                  difference.value(),
                  difference.low(),
                  difference.high()),
              percent(tried.test().meanMacs()),
              percent(tried.test().stopped()[finalExit]));
          rows.add(
              List.of(
                  name,
                  tried.setting().choice(),
                  tried.select().accuracy(),
                  tried.test().accuracy(),
                  difference.value(),
                  tried.test().meanMacs()));
          claims.add(
              Claim.of(
                  name + ": accuracy against the uncut network on the test set",
                  difference,
                  "points",
                  ">= -1",
                  test.samples()));
          claims.add(
              Claim.of(
                  name + ": mean MACs on the test set",
                  tried.test().meanMacs(),
                  "share of the uncut network's",
                  "< 1",
                  test.samples()));
        });
    context.csv(
        "chosen.csv",
        List.of(
            "policy",
            "setting",
            "select_accuracy",
            "test_accuracy",
            "difference_points",
            "test_macs"),
        rows);
    context
        .console()
        .printf(
            Locale.ROOT,
            "uncut network: select %s, test %s%n",
            percent(select.accuracy(finalExit)),
            percent(test.accuracy(finalExit)));
    table.lines().forEach(context.console()::println);
    return claims;
  }

  private static Interval difference(ExitOutputs test, PolicyReplay.Outcome outcome) {
    int finalExit = test.exits() - 1;
    int won = 0;
    int lost = 0;
    for (int s = 0; s < test.samples(); s++) {
      boolean mine = test.right(outcome.exits()[s], s);
      boolean uncut = test.right(finalExit, s);
      won += mine && !uncut ? 1 : 0;
      lost += uncut && !mine ? 1 : 0;
    }
    return Interval.ofPairedAccuracy(won, lost, test.samples());
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  /** Runs frames through both halves at every split, losslessly, under every kind of policy. */
  private static Claim splits(StudyContext context, Bundle bundle, byte[] file, DataSets sets)
      throws IOException {
    Path copy = context.out().resolve("bundle-with-policies");
    Bundle fitted = FittedBundle.write(bundle, file, Optional.empty(), "study policies", copy);
    int frames = context.quick() ? QUICK_SPLIT_FRAMES : SPLIT_FRAMES;
    int early = fitted.manifest().exits().size() - 1;
    List<ExitThreshold> all =
        IntStream.range(0, early).mapToObj(exit -> new ExitThreshold(exit, 1)).toList();
    int runs = 0;
    int otherwise = 0;
    try (ProgressiveModel model = ProgressiveModel.open(fitted, EngineOptions.singleThread());
        ModelNetwork device = new ModelNetwork(model);
        ModelShelf shelf = ModelShelf.open(copy, EngineOptions.singleThread())) {
      SplitNetwork halves = new SplitNetwork(device, shelf.find(fitted.digest()).orElseThrow());
      for (String policy :
          List.of(
              "top1 >= 0.9",
              "entropy <= 0.3 nats",
              "margin >= 0.8",
              "patience 1",
              "patience 2",
              "class-means >= 0.9",
              "trust >= 1.5",
              "per-class top1 >= fitted",
              "0: patience 1; 1: never; 2: patience 1; 3: trust >= 1.2")) {
        device.follow(PolicyChoice.parse(policy), BundlePolicies.data(fitted));
        List<SplitNetwork.Outcome> whole =
            outcomes(halves, Plan.local(device.lastCut(), all), sets, frames);
        for (int split = 0; split < device.lastCut(); split++) {
          Plan plan = new Plan(split, split == 0 ? "raw" : "f32", all);
          List<SplitNetwork.Outcome> parts = outcomes(halves, plan, sets, frames);
          for (int i = 0; i < frames; i++) {
            runs++;
            boolean same =
                parts.get(i).exit() == whole.get(i).exit()
                    && parts.get(i).label() == whole.get(i).label();
            otherwise += same ? 0 : 1;
          }
        }
      }
    }
    return Claim.of(
        "frames decided otherwise when the network is split, all splits and policies",
        otherwise,
        "frames",
        "= 0",
        runs);
  }

  private static List<SplitNetwork.Outcome> outcomes(
      SplitNetwork halves, Plan plan, DataSets sets, int frames) throws IOException {
    List<SplitNetwork.Outcome> outcomes = new ArrayList<>();
    try (Route route = halves.compile(plan)) {
      for (int i = 0; i < frames; i++) {
        Picture picture = sets.test().picture(i);
        outcomes.add(
            halves.classify(
                plan,
                route,
                new Frame(i, "frame " + i, picture.rgb(), picture.width(), picture.height(), 0)));
      }
    }
    return outcomes;
  }
}
