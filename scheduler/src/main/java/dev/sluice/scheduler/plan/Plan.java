package dev.sluice.scheduler.plan;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * What runs where: the split, the codec and the active exits. Immutable.
 *
 * <p>Exits at cuts up to and including the split run on the device, the others in the cloud. A
 * sample that no device exit stops is encoded at the split and sent, unless the codec is {@link
 * #NO_CODEC}: then the plan is local and its last part answers in any case, either the final exit
 * (split = last cut) or an exit with threshold 0 at the split (an <em>anytime</em> plan).
 *
 * @param split cut up to which the device computes, at least 0; 0 sends the picture
 * @param codec bundle's codec name at the split, or {@link #NO_CODEC}
 * @param exits active exits in ascending order, without the final exit, which answers when no other
 *     stopped
 */
public record Plan(int split, String codec, List<ExitThreshold> exits) {
  /** Codec of a plan that never sends anything. */
  public static final String NO_CODEC = "none";

  public Plan {
    if (split < 0) {
      throw new IllegalArgumentException("split must not be negative: " + split);
    }
    if (codec.isBlank()) {
      throw new IllegalArgumentException("codec must be named; a local plan has " + NO_CODEC);
    }
    exits = List.copyOf(exits);
    for (int i = 1; i < exits.size(); i++) {
      if (exits.get(i - 1).exit() >= exits.get(i).exit()) {
        throw new IllegalArgumentException("exits must ascend: " + exits);
      }
    }
  }

  /** Returns the plan that answers everything on the device, at an exit or at the last cut. */
  public static Plan local(int split, List<ExitThreshold> exits) {
    return new Plan(split, NO_CODEC, exits);
  }

  /** Returns whether samples can be sent to the cloud. */
  @JsonIgnore
  public boolean usesCloud() {
    return !codec.equals(NO_CODEC);
  }

  /** Returns the exit at which the plan always stops, if there is one. */
  @JsonIgnore
  public OptionalInt lastResort() {
    if (exits.isEmpty() || exits.get(exits.size() - 1).threshold() > 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(exits.get(exits.size() - 1).exit());
  }

  /**
   * Returns a short text for people, for example {@code split 3, klt-s1.0, exits 0>=0.90 1>=0.95}.
   */
  public String describe() {
    StringBuilder text = new StringBuilder();
    if (usesCloud()) {
      text.append("split ").append(split).append(", ").append(codec);
    } else {
      text.append("local to cut ").append(split);
    }
    if (exits.isEmpty()) {
      return text.append(", no exits").toString();
    }
    text.append(", exits");
    for (ExitThreshold exit : exits) {
      if (exit.threshold() == 0) {
        text.append(' ').append(exit.exit()).append(" always");
      } else {
        text.append(String.format(Locale.ROOT, " %d>=%.3f", exit.exit(), exit.threshold()));
      }
    }
    return text.toString();
  }
}
