package dev.sluice.experiments.study.map;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import dev.sluice.experiments.study.grid.CellKey;
import dev.sluice.experiments.study.grid.Entrants;
import dev.sluice.experiments.study.grid.Grid;
import dev.sluice.experiments.study.grid.GridConfig;
import dev.sluice.experiments.study.grid.GridResults;
import dev.sluice.experiments.study.grid.StudyFile;
import dev.sluice.experiments.study.replay.Subject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The honest map: over the uplink's rate, the round trip and the device's speed, which way of
 * answering is the quickest at equal accuracy, by how much, and how sure is that? Regions where
 * splitting loses are shown as such. All is emulated.
 */
public final class MapStudy implements Study {
  /**
   * The study's file.
   *
   * @param grid what is measured; one task
   * @param kinds ways of answering, each with the strategies that stand for it
   * @param joint the kind that the claims are about
   */
  record Config(
      @JsonProperty(required = true) GridConfig grid,
      @JsonProperty(required = true) Map<String, List<String>> kinds,
      @JsonProperty(required = true) String joint) {
    Config {
      kinds = new LinkedHashMap<>(kinds);
      if (!kinds.containsKey(joint)) {
        throw new IllegalArgumentException("joint names no kind: " + joint);
      }
      grid.aboutSluice();
      if (grid.links().stream().anyMatch(link -> link.recorded() != null)) {
        throw new IllegalArgumentException("a map has links of one rate each, none recorded");
      }
      if (grid.tasks().size() != 1) {
        throw new IllegalArgumentException("a map has one task, not " + grid.tasks().size());
      }
    }
  }

  @Override
  public String name() {
    return "map";
  }

  @Override
  public String question() {
    return "Over uplink, round trip and device: which way of answering wins, and by how much?";
  }

  @Override
  public boolean configurable() {
    return true;
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Config config = StudyFile.read(context, getClass(), "map.yaml", Config.class);
    List<Subject> subjects =
        Subject.open(
            context,
            config.grid().pictures(),
            config.grid().bundles(),
            Entrants.usual().computeAt(config.grid().strategies()));
    Entrants.usual()
        .check(
            config.kinds().values().stream().flatMap(List::stream).toList(),
            subjects.stream().map(Subject::facts).toList());
    GridResults results = new Grid(context, config.grid()).run(subjects);
    results.write(context);
    long seed = context.seed("resampling");
    List<Claim> claims = new ArrayList<>();
    List<List<Object>> lines = new ArrayList<>();
    for (String bundle : results.bundles()) {
      List<Region> regions = new ArrayList<>();
      for (CellKey.Point point : results.points()) {
        if (point.bundle().equals(bundle)) {
          Region.of(results, point, config, seed).ifPresent(regions::add);
        }
      }
      regions.forEach(region -> lines.add(region.line()));
      MapPicture picture = new MapPicture(config, regions);
      picture.print(context.console(), bundle);
      picture.figures(bundle, List.copyOf(config.kinds().keySet())).forEach(context::figure);
      claims.addAll(claims(bundle, regions));
    }
    context.csv("map.csv", Region.TITLES, lines);
    return claims;
  }

  private static List<Claim> claims(String bundle, List<Region> regions) {
    long inaccurate = regions.stream().filter(region -> !region.jointAccurate()).count();
    List<Claim> claims = new ArrayList<>();
    claims.add(
        Claim.of(
            bundle + ": regions where the joint plan is less accurate than allowed",
            (double) inaccurate,
            "regions",
            "= 0",
            regions.size()));
    claims.addAll(
        slower(
            bundle,
            "best other way's",
            regions.stream().flatMap(region -> region.overBestOther().stream()).toList()));
    claims.addAll(
        slower(
            bundle,
            "best other way's whose plans are proven",
            regions.stream().flatMap(region -> region.overBestProven().stream()).toList()));
    return claims;
  }

  /**
   * That the joint plan is nowhere slower.
   *
   * @param whose latency it is compared with
   * @param ratios of latencies, where there is one
   */
  private static List<Claim> slower(String bundle, String whose, List<Interval> ratios) {
    return List.of(
        Claim.of(
            "%s: regions where the joint plan's latency is shown to be more than 2 %% above the %s, emulated"
                .formatted(bundle, whose),
            (double) ratios.stream().filter(Region::clearlyWorse).count(),
            "regions",
            "= 0",
            ratios.size()),
        Claim.of(
            "%s: latency of the joint plan over the %s, worst region, emulated"
                .formatted(bundle, whose),
            ratios.stream().mapToDouble(Interval::value).max().orElse(Double.NaN),
            "ratio",
            "<= 1.02",
            ratios.size()));
  }
}
