package dev.sluice.experiments.study.fleet;

import dev.sluice.experiments.fleet.DeviceKind;
import dev.sluice.experiments.fleet.Fleet;
import dev.sluice.experiments.study.Cells;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;

/**
 * Looks for the workers that each way to serve cameras needs: those of the usual size first, which
 * says for which ways the others are worth looking at, and where to begin there. Each search is a
 * cell of the study.
 */
final class Provision {
  /** Devices per thread that the search begins with where nothing is known. */
  private static final int BLIND_LOAD = 40;

  private static final double BLIND_STEP = 2;
  private static final double KNOWING_STEP = 1.2;

  private final Cameras cameras;
  private final long warmUpNanos;
  private final long measuredNanos;
  private final long seed;

  /** By way, made when first needed: a way whose cells are all finished needs no scheduler. */
  private final ConcurrentMap<Way, List<DeviceKind>> kinds = new ConcurrentHashMap<>();

  /** One search. */
  record Answer(Way way, Setting setting, Found found) {}

  Provision(Cameras cameras, long warmUpNanos, long measuredNanos, long seed) {
    this.cameras = cameras;
    this.warmUpNanos = warmUpNanos;
    this.measuredNanos = measuredNanos;
    this.seed = seed;
  }

  /**
   * Looks.
   *
   * @param settings the usual one and others
   * @return by way, then in the order of the settings; a search that failed is missing
   */
  List<Answer> find(Cells cells, List<Setting> settings) throws IOException, InterruptedException {
    List<Answer> usual = new ArrayList<>();
    Map<String, Search> first = new LinkedHashMap<>();
    for (Way way : Way.values()) {
      int load = BLIND_LOAD * Setting.USUAL.threads();
      new Search(way, Setting.USUAL, load, BLIND_STEP).in(first);
    }
    measure(cells, first, usual);
    Map<String, Search> then = new LinkedHashMap<>();
    /* The longest first, so that no thread is left with one alone at the end. */
    List<Setting> order =
        settings.stream()
            .filter(setting -> !setting.equals(Setting.USUAL))
            .sorted(Comparator.comparingInt((Setting s) -> -s.threads() * s.pool()))
            .toList();
    for (Setting setting : order) {
      for (Answer known : usual) {
        if (known.found().dependsOnWorkers()) {
          double devices = known.found().largest().orElseThrow().devices();
          int load = (int) Math.rint(devices * setting.threads() / Setting.USUAL.threads());
          new Search(known.way(), setting, Math.max(1, load), KNOWING_STEP).in(then);
        }
      }
    }
    List<Answer> all = new ArrayList<>(usual);
    measure(cells, then, all);
    all.sort(
        Comparator.comparing(Answer::way)
            .thenComparingInt(answer -> settings.indexOf(answer.setting())));
    return all;
  }

  private static void measure(Cells cells, Map<String, Search> searches, List<Answer> into)
      throws IOException, InterruptedException {
    Map<String, Found> found =
        cells.measure(
            List.copyOf(searches.keySet()),
            Found.class,
            cell -> Objects.requireNonNull(searches.get(cell)).call());
    found.forEach(
        (cell, load) -> {
          Search search = Objects.requireNonNull(searches.get(cell));
          into.add(new Answer(search.way, search.setting, load));
        });
  }

  private final class Search implements Callable<Found> {
    private final Way way;
    private final Setting setting;
    private final int first;
    private final double step;

    Search(Way way, Setting setting, int first, double step) {
      this.way = way;
      this.setting = setting;
      this.first = first;
      this.step = step;
    }

    void in(Map<String, Search> searches) {
      searches.put(way.title() + ", " + setting.title(), this);
    }

    @Override
    public Found call() throws InterruptedException, ExecutionException {
      List<DeviceKind> devices = kinds.computeIfAbsent(way, wanted -> cameras.kinds(wanted, false));
      Fleet fleet =
          Cameras.fleet(devices, 1, warmUpNanos, measuredNanos, seed)
              .withWorker(setting.worker())
              .withPool(setting.pool());
      /* Cells run beside each other, so each on one thread. */
      return new Capacity(fleet, 1, cameras::holds).find(first, step);
    }
  }
}
