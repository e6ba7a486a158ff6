package dev.sluice.scheduler.explain;

import dev.sluice.scheduler.objective.Metric;
import dev.sluice.scheduler.objective.Target;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Why a plan was not chosen. Immutable. */
public sealed interface Loss {
  /** Returns it as half a sentence for people. */
  String text();

  /**
   * It breaks bounds that the chosen plan keeps.
   *
   * @param broken at least one
   */
  record Breaks(List<Standing> broken) implements Loss {
    public Breaks {
      broken = List.copyOf(broken);
      if (broken.isEmpty()) {
        throw new IllegalArgumentException("nothing is broken");
      }
    }

    @Override
    public String text() {
      return "breaks " + broken.stream().map(Breaks::words).collect(Collectors.joining(", and "));
    }

    private static String words(Standing broken) {
      if (!broken.proven() && broken.slack() >= 0) {
        return broken.label() + ": its proof rests on a more cautious plan that failed";
      }
      return broken.label()
          + (broken.isAccuracyFloor() ? ": is sure of " : ": has ")
          + broken.format(broken.value())
          + ", "
          + broken.formatDifference(-broken.slack())
          + (broken.isAccuracyFloor() ? " short" : " over");
    }
  }

  /**
   * It keeps a latency's bound, but not with the headroom that a plan must have to be taken up.
   *
   * @param standing to the bound
   * @param headroom share of the bound that must be left
   */
  record LittleHeadroom(Standing standing, double headroom) implements Loss {
    @Override
    public String text() {
      return String.format(
          Locale.ROOT,
          "leaves %s below %s; to be taken up it must leave %.0f %%",
          standing.formatDifference(standing.slack()),
          standing.label(),
          100 * headroom);
    }
  }

  /**
   * A target is worse, and those before it are alike.
   *
   * @param target which
   * @param value the plan's
   * @param chosen the chosen plan's
   */
  record Worse(Target target, double value, double chosen) implements Loss {
    @Override
    public String text() {
      return target.metric()
          + " "
          + Figures.format(target.metric(), value)
          + " against "
          + Figures.format(target.metric(), chosen)
          + ratio();
    }

    /** Returns the difference as a share of the chosen plan's value; infinite where that is 0. */
    double relative() {
      return Math.abs(value - chosen) / Math.abs(chosen);
    }

    private String ratio() {
      double relative = relative();
      if (!(relative < 1e6)) {
        return "";
      }
      if (relative >= 2 && value > chosen && chosen > 0) {
        return String.format(Locale.ROOT, ", %s times as much", Figures.significant(1 + relative));
      }
      return String.format(
          Locale.ROOT,
          ", %s %% %s",
          Figures.significant(100 * relative),
          value > chosen ? "more" : "less");
    }
  }

  /**
   * It is less accurate: as measured, where every target is alike; as far as one may rely on it,
   * where no plan keeps the floor.
   *
   * @param by difference of the accuracies, a positive share
   * @param cautious whether that is not as measured, but less the uncertainty and late replies
   */
  record LessAccurate(double by, boolean cautious) implements Loss {
    @Override
    public String text() {
      return String.format(
          Locale.ROOT,
          cautious
              ? "is %.2f pt less accurate, uncertainty and late replies taken off"
              : "is %.2f pt less accurate",
          100 * by);
    }
  }

  /**
   * It is better, but not so clearly that the plan in use is changed.
   *
   * @param target in which it is better
   * @param gain share by which it is, of accuracy that of the errors
   * @param doubt part of that which may be no more than the estimates' uncertainty, at least 0
   * @param needed share that a change is worth; it must also be more than the doubt
   */
  record LittleGain(Target target, double gain, double doubt, double needed) implements Loss {
    @Override
    public String text() {
      String better =
          "is better in "
              + target.metric()
              + " by "
              + Figures.significant(100 * gain)
              + (target.metric().kind() == Metric.Kind.ACCURACY ? " % of the errors" : " %");
      String more = "; a change is made for more than " + Figures.significant(100 * needed) + " %";
      if (gain <= needed) {
        return better + more;
      }
      return gain > doubt
          ? better + ", but the plan in use is kept for a moment"
          : better
              + ", give or take "
              + Figures.significant(100 * doubt)
              + " % for not being sure of link and worker"
              + more
              + " and than that";
    }
  }

  /**
   * The chosen plan breaks a bound, this one more.
   *
   * @param standing of this plan to the bound
   * @param chosen the chosen plan's value
   */
  record FurtherOff(Standing standing, double chosen) implements Loss {
    @Override
    public String text() {
      return "breaks "
          + standing.label()
          + " further: "
          + standing.format(standing.value())
          + " against "
          + standing.format(chosen);
    }
  }

  /** Nothing that counts tells them apart. */
  record Alike() implements Loss {
    @Override
    public String text() {
      return "is as good; one of them had to be taken";
    }
  }
}
