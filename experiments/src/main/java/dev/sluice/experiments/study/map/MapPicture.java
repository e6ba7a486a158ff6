package dev.sluice.experiments.study.map;

import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.study.grid.GridConfig;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Shows a map as text: a table per device, rates across, round trips down. Immutable. */
final class MapPicture {
  private final MapStudy.Config config;
  private final List<Region> regions;

  MapPicture(MapStudy.Config config, List<Region> regions) {
    this.config = config;
    this.regions = List.copyOf(regions);
  }

  void print(PrintStream console, String bundle) {
    for (GridConfig.Device device : config.grid().devices()) {
      table(
          console,
          "%s, %s: quickest way, by how much to the next".formatted(bundle, device.name()),
          device,
          MapPicture::winner);
      table(
          console,
          "%s, %s: best single split over the best way without (above 1 splitting loses)"
              .formatted(bundle, device.name()),
          device,
          region ->
              region
                  .splitOverBestOther()
                  .map(ratio -> String.format(Locale.ROOT, "%.2f", ratio.value()))
                  .orElse("-"));
    }
  }

  private static String winner(Region region) {
    return region
        .margin()
        .map(
            margin ->
                String.format(
                    Locale.ROOT,
                    "%s +%.0f%%%s",
                    region.winner(),
                    100 * (margin.value() - 1),
                    margin.low() > 1 ? "" : "?"))
        .orElse(region.winner());
  }

  private void table(
      PrintStream console, String title, GridConfig.Device device, Function<Region, String> cell) {
    Map<String, Region> byLink =
        regions.stream()
            .filter(region -> region.point().device().equals(device.name()))
            .collect(Collectors.toMap(region -> region.point().link(), region -> region));
    Map<Double, List<GridConfig.Link>> rows =
        config.grid().allLinks().stream()
            .collect(
                Collectors.groupingBy(
                    GridConfig.Link::roundTripMillis, java.util.TreeMap::new, Collectors.toList()));
    List<String> titles = new ArrayList<>();
    titles.add("round trip");
    rows.values().iterator().next().forEach(link -> titles.add(link.uplinkMbit() + " Mbit/s"));
    TextTable table = new TextTable(titles.toArray(String[]::new));
    rows.forEach(
        (roundTrip, links) -> {
          List<String> row = new ArrayList<>();
          row.add(String.format(Locale.ROOT, "%.0f ms", roundTrip));
          for (GridConfig.Link link : links) {
            row.add(Optional.ofNullable(byLink.get(link.name())).map(cell).orElse("-"));
          }
          while (row.size() < titles.size()) {
            row.add("-");
          }
          table.row(row.subList(0, titles.size()).toArray(String[]::new));
        });
    console.println();
    console.println(title + (title.contains("quickest") ? " (? = within noise)" : ""));
    table.lines().forEach(console::println);
  }
}
