package dev.sluice.training.roadsigns;

import java.util.List;
import java.util.Locale;

/**
 * The signs, in order of their label. Many differ only in a pictogram of a few pixels, so that
 * telling them apart takes more of the network than telling their plates apart.
 */
enum SignClass {
  LIMIT_30(Pictograms.ringed(Pictograms.number("30"))),
  LIMIT_50(Pictograms.ringed(Pictograms.number("50"))),
  LIMIT_60(Pictograms.ringed(Pictograms.number("60"))),
  LIMIT_80(Pictograms.ringed(Pictograms.number("80"))),
  LIMIT_90(Pictograms.ringed(Pictograms.number("90"))),
  LIMIT_100(Pictograms.ringed(Pictograms.number("100"))),
  LIMIT_120(Pictograms.ringed(Pictograms.number("120"))),
  NO_OVERTAKING(Pictograms.ringed(Pictograms.twoCars())),
  NO_OVERTAKING_BY_TRUCKS(Pictograms.ringed(Pictograms.truckAndCar())),
  NO_LEFT_TURN(Pictograms.ringedAndBarred(Pictograms.turnArrow(false))),
  NO_RIGHT_TURN(Pictograms.ringedAndBarred(Pictograms.turnArrow(true))),
  NO_U_TURN(Pictograms.ringedAndBarred(Pictograms.turnBack())),
  NO_ENTRY(Pictograms.noEntry()),
  CLOSED_TO_VEHICLES(Pictograms.ringed(List.of())),
  CURVE_LEFT(Pictograms.warning(Pictograms.curve(false))),
  CURVE_RIGHT(Pictograms.warning(Pictograms.curve(true))),
  DOUBLE_CURVE_LEFT(Pictograms.warning(Pictograms.doubleCurve(false))),
  DOUBLE_CURVE_RIGHT(Pictograms.warning(Pictograms.doubleCurve(true))),
  CROSSROADS(Pictograms.warning(Pictograms.crossroads())),
  SIDE_ROAD_LEFT(Pictograms.warning(Pictograms.sideRoad(false))),
  SIDE_ROAD_RIGHT(Pictograms.warning(Pictograms.sideRoad(true))),
  NARROWS_LEFT(Pictograms.warning(Pictograms.narrows(false))),
  NARROWS_RIGHT(Pictograms.warning(Pictograms.narrows(true))),
  PEDESTRIANS(Pictograms.warning(Pictograms.walker())),
  ROAD_WORKS(Pictograms.warning(Pictograms.digger())),
  DANGER(Pictograms.warning(Pictograms.exclamation())),
  AHEAD_ONLY(Pictograms.blueDisc(Pictograms.arrow(0))),
  LEFT_ONLY(Pictograms.blueDisc(Pictograms.arrow(-90))),
  RIGHT_ONLY(Pictograms.blueDisc(Pictograms.arrow(90))),
  KEEP_LEFT(Pictograms.blueDisc(Pictograms.arrow(-135))),
  KEEP_RIGHT(Pictograms.blueDisc(Pictograms.arrow(135))),
  AHEAD_OR_LEFT(Pictograms.blueDisc(Pictograms.forkedArrow(false))),
  AHEAD_OR_RIGHT(Pictograms.blueDisc(Pictograms.forkedArrow(true))),
  ROUNDABOUT(Pictograms.blueDisc(Pictograms.roundabout())),
  STOP(Pictograms.stop()),
  YIELD(Pictograms.giveWay()),
  PRIORITY_ROAD(Pictograms.priority(false)),
  END_OF_PRIORITY(Pictograms.priority(true));

  // The list is a copy, and nobody writes to the coordinates.
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<Pictograms.Layer> layers;

  SignClass(List<Pictograms.Layer> layers) {
    this.layers = List.copyOf(layers);
  }

  /** Filled outlines, bottom first. */
  List<Pictograms.Layer> layers() {
    return layers;
  }

  /** The label as a number: the order above is part of the data set. */
  @SuppressWarnings("EnumOrdinal")
  int index() {
    return ordinal();
  }

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
