package dev.sluice.experiments.report;

import java.util.List;
import java.util.Objects;

/**
 * A table of raw results in a run's folder. Immutable; Jackson writes and reads it.
 *
 * @param title what it holds, in words
 * @param file name of its CSV file in the folder
 * @param columns in the order of the file
 */
public record RawTable(String title, String file, List<Column> columns) {
  /** What a column is for when two runs are compared. */
  public enum Role {
    /** Says which row it is; rows of two runs pair up where all keys are equal. */
    KEY,
    /**
     * A key whose rows depend on each other: a drive, a trace, a seed. Intervals are taken over
     * blocks.
     */
    BLOCK,
    /** A part of a row's name that tells apart the rows of one block, whose mean counts. */
    REPEAT,
    /** A measure of which less is better. */
    COST,
    /** A measure of which more is better. */
    GAIN,
    /** To read. */
    INFO
  }

  /**
   * A column.
   *
   * @param name its title in the file
   */
  public record Column(String name, Role role) {
    public Column {
      Objects.requireNonNull(name, "name");
      Objects.requireNonNull(role, "role");
    }

    /** A part of a row's name. */
    public static Column key(String name) {
      return new Column(name, Role.KEY);
    }

    /** A part of a row's name that groups rows which depend on each other. */
    public static Column block(String name) {
      return new Column(name, Role.BLOCK);
    }

    /** A part of a row's name that tells apart rows of one block. */
    public static Column repeat(String name) {
      return new Column(name, Role.REPEAT);
    }

    /** A measure of which less is better. */
    public static Column cost(String name) {
      return new Column(name, Role.COST);
    }

    /** A measure of which more is better. */
    public static Column gain(String name) {
      return new Column(name, Role.GAIN);
    }

    /** A column to read. */
    public static Column info(String name) {
      return new Column(name, Role.INFO);
    }
  }

  public RawTable {
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(file, "file");
    if (!file.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException("not the name of a file in the folder: " + file);
    }
    columns = List.copyOf(columns);
  }
}
