package dev.sluice.model.exit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What policies need beside their thresholds, fitted on a bundle's calibration sets: class means,
 * trust sets and thresholds per class, for each exit that has them. Immutable and thread-safe; kept
 * as the bundle's file {@value #FILE}, see {@link PolicyFile}.
 */
public final class PolicyData {
  /** Where a bundle keeps it. */
  public static final String FILE = "policies.bin";

  /** Nothing fitted. */
  public static final PolicyData NONE = new PolicyData(0, List.of());

  private final int classes;
  private final List<OfExit> exits;

  /**
   * Collects what was fitted.
   *
   * @param classes number of classes, at least 2; 0 with no exits
   * @param exits one per exit, in order
   * @throws IllegalArgumentException if some of it is for another number of classes
   */
  public PolicyData(int classes, List<OfExit> exits) {
    this.classes = classes;
    this.exits = List.copyOf(exits);
    for (OfExit exit : exits) {
      boolean fits =
          exit.means().map(means -> means.classes() == classes).orElse(true)
              && exit.trust().map(trust -> trust.classes() == classes).orElse(true)
              && exit.thresholds().map(each -> each.length == classes).orElse(true);
      if (!fits) {
        throw new IllegalArgumentException("fitted for another number of classes than " + classes);
      }
    }
  }

  /**
   * Reads what {@link #toBytes} wrote.
   *
   * @throws PolicyDataException if the bytes are damaged, too large or of a newer version
   */
  public static PolicyData read(byte[] bytes) throws PolicyDataException {
    return PolicyFile.read(bytes);
  }

  /**
   * Returns the content of {@value #FILE}. Coordinates keep 16 bits, so that what is read back
   * differs a little from what was fitted; both halves of a network read the same.
   */
  public byte[] toBytes() {
    return PolicyFile.write(this);
  }

  /** Returns the number of classes, 0 if nothing was fitted. */
  public int classes() {
    return classes;
  }

  /** Returns the number of exits, 0 if nothing was fitted. */
  public int exits() {
    return exits.size();
  }

  /** Returns what was fitted for an exit, which may be nothing. */
  public OfExit of(int exit) {
    return exit < exits.size() ? exits.get(exit) : OfExit.NOTHING;
  }

  /** What was fitted for one exit. Immutable. */
  public static final class OfExit {
    /** Nothing. */
    public static final OfExit NOTHING = new OfExit(null, null, null);

    private final @Nullable ClassCentres means;
    private final @Nullable TrustSets trust;
    private final double @Nullable [] thresholds;

    private OfExit(
        @Nullable ClassCentres means, @Nullable TrustSets trust, double @Nullable [] thresholds) {
      this.means = means;
      this.trust = trust;
      this.thresholds = thresholds;
    }

    /** Returns the same with class means. */
    public OfExit with(ClassCentres fitted) {
      return new OfExit(fitted, trust, thresholds);
    }

    /** Returns the same with trust sets. */
    public OfExit with(TrustSets fitted) {
      return new OfExit(means, fitted, thresholds);
    }

    /**
     * Returns the same with thresholds.
     *
     * @param perClass top-1 probability by predicted class, not negative; infinite never stops;
     *     copied
     */
    public OfExit with(double[] perClass) {
      for (double threshold : perClass) {
        if (!(threshold >= 0)) {
          throw new IllegalArgumentException("threshold must not be negative: " + threshold);
        }
      }
      return new OfExit(means, trust, perClass.clone());
    }

    /** Returns the class means, if they were fitted. */
    public Optional<ClassCentres> means() {
      return Optional.ofNullable(means);
    }

    /** Returns the trust sets, if they were fitted. */
    public Optional<TrustSets> trust() {
      return Optional.ofNullable(trust);
    }

    /** Returns the thresholds by predicted class, if they were fitted; the caller's own. */
    public Optional<double[]> thresholds() {
      return Optional.ofNullable(thresholds).map(double[]::clone);
    }

    double threshold(int predicted) {
      double[] fitted = thresholds;
      if (fitted == null) {
        throw new IllegalStateException("no thresholds were fitted");
      }
      return fitted[predicted];
    }

    /**
     * Says what a policy lacks.
     *
     * @param classes number of classes of the exit
     */
    Optional<String> lacks(ExitPolicy policy, int classes) {
      List<String> missing = new ArrayList<>();
      if (policy instanceof ExitPolicy.ClassMeans && means == null) {
        missing.add("class means");
      } else if (policy instanceof ExitPolicy.TrustAbove && trust == null) {
        missing.add("a trust set");
      } else if (policy instanceof ExitPolicy.PerClassFitted && thresholds == null) {
        missing.add("thresholds per class");
      } else if (policy instanceof ExitPolicy.PerClassTop1 own && own.classes() != classes) {
        return Optional.of(
            "has " + own.classes() + " thresholds, but there are " + classes + " classes");
      }
      return missing.isEmpty()
          ? Optional.empty()
          : Optional.of(
              "needs "
                  + missing.get(0)
                  + ", which the bundle lacks; add them with ./sluice model fit-policies");
    }
  }

  List<OfExit> list() {
    return Collections.unmodifiableList(exits);
  }
}
