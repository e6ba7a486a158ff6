package dev.sluice.experiments.study.map;

import dev.sluice.experiments.report.Interval;
import dev.sluice.experiments.report.TextTable;
import dev.sluice.experiments.report.figure.Axis;
import dev.sluice.experiments.report.figure.Figure;
import dev.sluice.experiments.study.grid.GridConfig;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Shows a map: a table per device as text, rates across, round trips down; in the report in
 * colours. Immutable.
 */
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

  /**
   * For the report: per device the quickest way, and by how much splitting alone loses or wins.
   *
   * @param kinds ways of answering, in the order of their colours
   */
  List<Figure> figures(String bundle, List<String> kinds) {
    List<Figure> figures = new ArrayList<>();
    for (GridConfig.Device device : config.grid().devices()) {
      figures.add(
          heatMap(
              "%s, %s: the quickest way".formatted(bundle, device.name()),
              "Emulated, at equal accuracy. By how much it is quicker than the next; ? = within noise.",
              device,
              "",
              kinds,
              region -> Optional.of((double) kinds.indexOf(region.winner())),
              region -> region.margin().map(MapPicture::byHowMuch).orElse("")));
      figures.add(
          heatMap(
              "%s, %s: a single split against the best way without"
                  .formatted(bundle, device.name()),
              "Emulated. Latency of the best single split over that of the best way without one:"
                  + " above 1 splitting loses.",
              device,
              "times",
              List.of(),
              region -> region.splitOverBestOther().map(Interval::value),
              region ->
                  region
                      .splitOverBestOther()
                      .map(ratio -> String.format(Locale.ROOT, "%.2f", ratio.value()))
                      .orElse("")));
    }
    return figures;
  }

  private Figure heatMap(
      String title,
      String note,
      GridConfig.Device device,
      String unit,
      List<String> categories,
      Function<Region, Optional<Double>> value,
      Function<Region, String> label) {
    Map<String, GridConfig.Link> links = new LinkedHashMap<>();
    config.grid().allLinks().forEach(link -> links.put(link.name(), link));
    List<Double> rates =
        links.values().stream().map(GridConfig.Link::rateMbit).distinct().sorted().toList();
    List<Double> trips =
        links.values().stream().map(GridConfig.Link::roundTripMillis).distinct().sorted().toList();
    List<Figure.HeatMap.Cell> cells = new ArrayList<>();
    for (Region region : regions) {
      GridConfig.Link link = links.get(region.point().link());
      if (link != null && region.point().device().equals(device.name())) {
        value
            .apply(region)
            .ifPresent(
                known ->
                    cells.add(
                        new Figure.HeatMap.Cell(
                            rates.indexOf(link.rateMbit()),
                            trips.indexOf(link.roundTripMillis()),
                            known,
                            label.apply(region))));
      }
    }
    return new Figure.HeatMap(
        title,
        note,
        Axis.of("uplink", "Mbit/s"),
        rates.stream().map(MapPicture::plain).toList(),
        Axis.of("round trip", "ms"),
        trips.stream().map(MapPicture::plain).toList(),
        unit,
        categories,
        cells);
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }

  private static String byHowMuch(Interval margin) {
    return String.format(
        Locale.ROOT, "+%.0f%%%s", 100 * (margin.value() - 1), margin.low() > 1 ? "" : "?");
  }

  private static String winner(Region region) {
    return region
        .margin()
        .map(margin -> region.winner() + " " + byHowMuch(margin))
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
    rows.values().iterator().next().forEach(link -> titles.add(link.rateMbit() + " Mbit/s"));
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
