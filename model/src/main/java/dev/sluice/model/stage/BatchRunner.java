package dev.sluice.model.stage;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Runs chains over batches from which samples leave one by one: after each exit those that stay are
 * regrouped into a smaller batch, so that nobody computes for those that left. Stateless.
 *
 * <p>The answers are those of the samples one by one. Regrouping copies the live tensors of the
 * samples that stay; where nobody left, nothing is copied, and where nobody stays, nothing more is
 * run. DeeBERT leaves this to its users (Xin, Tang, Lee, Yu and Lin, "DeeBERT: Dynamic Early
 * Exiting for Accelerating BERT Inference", ACL 2020, has batches of one).
 */
public final class BatchRunner {
  private BatchRunner() {}

  /** Decides for the samples of one batch. */
  @FunctionalInterface
  public interface Gate {
    /**
     * Returns whether a sample leaves at an exit. Called for every sample that is still there, in
     * ascending order, at every exit of the chain in order, the final one included, where leaving
     * is up to the gate as well.
     *
     * @param sample index in the batch that was given
     * @param exit the exit
     * @param logits of that sample, {@code [classes]}; the gate's own
     */
    boolean leaves(int sample, int exit, float[] logits);
  }

  /**
   * Runs a chain.
   *
   * @param batch at the chain's first cut, any number of samples; stays the caller's
   * @param gate decides who leaves; what it throws ends the run
   * @return who is left at the chain's end; the caller's to close
   */
  public static Remainder run(StageChain chain, Activation batch, Gate gate) {
    int[] here = new int[batch.batch()];
    Arrays.setAll(here, i -> i);
    Live live = new Live(batch, false, Optional.empty());
    boolean done = false;
    try {
      for (Stage stage : chain.stages()) {
        StageResult result = stage.run(live.tensors());
        live.close();
        live = new Live(result.live(), true, result.encoded());
        if (stage.exit().isEmpty()) {
          continue;
        }
        int[] staying = staying(stage.exit(), result.logits().orElseThrow(), here, gate);
        if (staying.length == here.length) {
          continue;
        }
        if (staying.length == 0) {
          live.close();
          done = true;
          return Remainder.none();
        }
        Live kept = live.rows(staying);
        live.close();
        live = kept;
        int[] before = here;
        here = Arrays.stream(staying).map(i -> before[i]).toArray();
      }
      done = true;
      return live.ours()
          ? new Remainder(here, Optional.of(live.tensors()), live.encoded())
          // No stage was run: what goes on is what came in.
          : new Remainder(here, Optional.of(batch.rows(here)), Optional.empty());
    } finally {
      if (!done) {
        live.close();
      }
    }
  }

  /** Returns the places in the batch of those that do not leave. */
  private static int[] staying(OptionalInt exit, float[] logits, int[] here, Gate gate) {
    int classes = logits.length / here.length;
    int[] staying = new int[here.length];
    int count = 0;
    for (int i = 0; i < here.length; i++) {
      float[] own = Arrays.copyOfRange(logits, i * classes, (i + 1) * classes);
      if (!gate.leaves(here[i], exit.getAsInt(), own)) {
        staying[count++] = i;
      }
    }
    return Arrays.copyOf(staying, count);
  }

  /** Tensors on their way, and whether they are ours to close. */
  private record Live(Activation tensors, boolean ours, Optional<Activation> encoded)
      implements AutoCloseable {
    Live rows(int[] samples) {
      Activation kept = tensors.rows(samples);
      boolean done = false;
      try {
        Live result = new Live(kept, true, encoded.map(all -> all.rows(samples)));
        done = true;
        return result;
      } finally {
        if (!done) {
          kept.close();
        }
      }
    }

    @Override
    public void close() {
      if (ours) {
        tensors.close();
        encoded.ifPresent(Activation::close);
      }
    }
  }

  /** Who reached the end of a chain without leaving, and with what. Its owner closes it. */
  public static final class Remainder implements AutoCloseable {
    private final int[] samples;
    private final Optional<Activation> live;
    private final Optional<Activation> encoded;

    private Remainder(int[] samples, Optional<Activation> live, Optional<Activation> encoded) {
      this.samples = samples.clone();
      this.live = live;
      this.encoded = encoded;
    }

    private static Remainder none() {
      return new Remainder(new int[0], Optional.empty(), Optional.empty());
    }

    /** Returns the indexes of the samples, ascending; empty if all have left. */
    public int[] samples() {
      return samples.clone();
    }

    /** Returns their tensors at the chain's last cut, in that order; empty if all have left. */
    public Optional<Activation> live() {
      return live;
    }

    /** Returns what a fused encoder made of them, where the chain has one and somebody is left. */
    public Optional<Activation> encoded() {
      return encoded;
    }

    @Override
    public void close() {
      live.ifPresent(Activation::close);
      encoded.ifPresent(Activation::close);
    }
  }
}
