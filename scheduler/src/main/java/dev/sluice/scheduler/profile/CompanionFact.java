package dev.sluice.scheduler.profile;

import dev.sluice.scheduler.profile.CalibrationTable.Role;

/**
 * What planners know of a bundle's companion: another network in the cloud, usually a bigger one,
 * to which pictures may be sent in place of the bundle's own. Immutable.
 *
 * <p>Its tables say how it answers on the very samples of the bundle's tables, row by row. They
 * have one exit, the companion's output, and a variant at cut 0 for each picture codec.
 *
 * @param name what people call it
 * @param digest of the companion's own bundle, by which workers know it
 * @param workerNanos its time on the worker at scale 1, from the decoded picture to its answer
 * @param select its answers on the samples of the bundle's SELECT table
 * @param certify the same for the CERTIFY table
 */
public record CompanionFact(
    String name,
    String digest,
    long workerNanos,
    CalibrationTable select,
    CalibrationTable certify) {
  public CompanionFact {
    require(!name.isBlank() && !digest.isBlank(), "a companion has a name and a digest");
    require(workerNanos >= 0, "a companion's time must be at least 0: " + workerNanos);
    require(
        select.role() == Role.SELECT && certify.role() == Role.CERTIFY,
        "a companion's tables are of roles " + select.role() + " and " + certify.role());
    require(
        select.exits() == 1 && certify.exits() == 1,
        "a companion answers once, its tables have " + select.exits() + " exits");
  }

  /** Returns its answers on the samples of one of the bundle's tables. */
  public CalibrationTable on(CalibrationTable table) {
    return table.role() == Role.SELECT ? select : certify;
  }

  /** Returns whether its tables say how it answers to pictures in a codec. */
  public boolean knows(String codec) {
    return select.variant(0, codec).isPresent() && certify.variant(0, codec).isPresent();
  }

  /** Refuses tables that are not of the same samples, as far as labels and sequences tell. */
  void requireSameSamples(CalibrationTable table) {
    CalibrationTable own = on(table);
    require(
        own.samples() == table.samples() && own.classes() == table.classes(),
        "the companion's "
            + table.role()
            + " table has "
            + own.samples()
            + " samples of "
            + own.classes()
            + " classes, the bundle's "
            + table.samples()
            + " of "
            + table.classes());
    for (int s = 0; s < own.samples(); s++) {
      require(
          own.label(s) == table.label(s) && own.sequence(s) == table.sequence(s),
          "sample " + s + " of the companion's " + table.role() + " table is another one");
    }
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
