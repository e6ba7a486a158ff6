package dev.sluice.scheduler.plan;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * What runs where: the split, the codec, the active exits and what is sent. Immutable.
 *
 * <p>Exits at cuts up to and including the split run on the device, the others in the cloud. A
 * sample that no device exit stops is encoded at the split and sent, unless the codec is {@link
 * #NO_CODEC}: then the plan is local and its last part answers in any case, either the final exit
 * (split = last cut) or an exit with threshold 0 at the split (an <em>anytime</em> plan).
 *
 * <p>A plan need not send what it has computed: see {@link Sends}. With {@link Sends#COMPANION} the
 * split may be the last cut: then the final exit has a threshold too, which makes the plan the
 * cascade of a small network on the device and a big one in the cloud.
 *
 * @param split cut up to which the device computes, at least 0; 0 sends the picture
 * @param codec bundle's codec name at {@link #sentCut}, or {@link #NO_CODEC}
 * @param exits active exits in ascending order, without the final exit, which answers when no other
 *     stopped; except in a cascade
 * @param sends what a sample that no device exit stops is sent as, and to which network
 */
public record Plan(int split, String codec, List<ExitThreshold> exits, Sends sends) {
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
    if (sends != Sends.SPLIT && codec.equals(NO_CODEC)) {
      throw new IllegalArgumentException("a picture needs a codec to be sent by");
    }
    if (sends == Sends.PICTURE && split == 0) {
      throw new IllegalArgumentException("at split 0 the picture is what SPLIT sends");
    }
  }

  /** Makes a plan that sends what there is at the split. */
  public Plan(int split, String codec, List<ExitThreshold> exits) {
    this(split, codec, exits, Sends.SPLIT);
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

  /** Returns the cut whose codec writes what is sent: the split, or 0 for a picture. */
  @JsonIgnore
  public int sentCut() {
    return sends == Sends.SPLIT ? split : 0;
  }

  /** Returns whether what is sent is for the companion. */
  @JsonIgnore
  public boolean usesCompanion() {
    return sends == Sends.COMPANION;
  }

  /**
   * Returns in a word what is sent: {@value #NO_CODEC} by a local plan, else that of {@link #sends}
   * in lower case.
   */
  @JsonIgnore
  public String sent() {
    return usesCloud() ? sends.name().toLowerCase(Locale.ROOT) : NO_CODEC;
  }

  /** Returns the same plan with other exits. */
  public Plan withExits(List<ExitThreshold> others) {
    return new Plan(split, codec, others, sends);
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
   * Returns a short text for people, for example {@code split 3, klt-s1.0, exits 0>=0.90 1>=0.95}
   * or {@code split 3, then the picture as jpeg-75 to the companion, exits 0>=0.90}.
   */
  public String describe() {
    StringBuilder text = new StringBuilder();
    text.append(usesCloud() ? "split " : "local to cut ").append(split);
    if (usesCloud()) {
      text.append(sends == Sends.SPLIT ? ", " : ", then the picture as ").append(codec);
      text.append(usesCompanion() ? " to the companion" : "");
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
