package dev.sluice.experiments.report.figure;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;
import java.util.Objects;

/** One strip of a {@link Figure.Timeline}; times are in seconds from the start. Immutable. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Track.Curves.class, name = "curves"),
  @JsonSubTypes.Type(value = Track.Spans.class, name = "spans")
})
public sealed interface Track {
  /** What the strip shows. */
  String title();

  /** How points are drawn. */
  enum Style {
    /** Joined by straight lines. */
    LINE,
    /** A value holds until the next one. */
    STEPS,
    /** Each by itself. */
    DOTS,
    /** Stacked on the series before, as shares of a whole. */
    STACKED
  }

  /**
   * Measures over time.
   *
   * @param y what they measure
   * @param limits heights that matter, such as a deadline, by name
   */
  record Curves(String title, Axis y, Style style, List<Series> series, List<Limit> limits)
      implements Track {
    public Curves {
      Objects.requireNonNull(title, "title");
      Objects.requireNonNull(style, "style");
      series = List.copyOf(series);
      limits = List.copyOf(limits);
    }
  }

  /**
   * A height that matters.
   *
   * @param name in words
   * @param y where it is
   */
  record Limit(String name, double y) {}

  /** States over time, such as the plan in use. */
  record Spans(String title, List<Span> spans) implements Track {
    public Spans {
      Objects.requireNonNull(title, "title");
      spans = List.copyOf(spans);
    }
  }

  /**
   * A state that lasted.
   *
   * @param from seconds
   * @param to seconds, not before {@code from}
   * @param label names the state; equal labels have one colour
   */
  record Span(double from, double to, String label) {
    public Span {
      Objects.requireNonNull(label, "label");
      if (!(from <= to)) {
        throw new IllegalArgumentException("a span from %s to %s".formatted(from, to));
      }
    }
  }
}
