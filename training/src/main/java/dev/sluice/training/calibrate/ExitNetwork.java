package dev.sluice.training.calibrate;

import dev.sluice.model.bundle.HeadKind;
import dev.sluice.model.bundle.Preprocessing;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxGraph;
import java.util.List;

/**
 * A backbone with its kept cuts and exit heads: what a bundle will hold, not yet calibrated.
 *
 * @param backbone the network, one input and one output of logits
 * @param preprocessing how pictures become its input
 * @param cuts kept cuts in order: the input, interior ones, the output
 * @param heads early exits in ascending order of their cuts; the final exit, which is the output,
 *     is not among them
 */
public record ExitNetwork(
    OnnxGraph backbone, Preprocessing preprocessing, List<CutPoint> cuts, List<Head> heads) {
  /**
   * An early exit.
   *
   * @param cut index of its cut, interior
   * @param kind how it comes to its logits
   * @param onnx a model that takes the cut's tensors in their order, read or not, and yields logits
   * @param macs multiply-accumulates for one sample
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by identity.
  public record Head(int cut, HeadKind kind, byte[] onnx, long macs) {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }

    @Override
    public String toString() {
      return "Head[cut " + cut + ", " + kind + ", " + macs + " MACs]";
    }
  }

  public ExitNetwork {
    cuts = List.copyOf(cuts);
    heads = List.copyOf(heads);
    if (cuts.size() < 2 || backbone.outputs().size() != 1 || backbone.inputs().size() != 1) {
      throw new IllegalArgumentException(
          "%s: %d cuts, inputs %s, outputs %s"
              .formatted(backbone.name(), cuts.size(), backbone.inputs(), backbone.outputs()));
    }
    int before = 0;
    for (Head head : heads) {
      if (head.cut() <= before || head.cut() >= cuts.size() - 1) {
        throw new IllegalArgumentException("exits must ascend over interior cuts: " + heads);
      }
      before = head.cut();
    }
  }

  /** Returns the number of the output's cut. */
  public int lastCut() {
    return cuts.size() - 1;
  }

  /** Returns the number of exits, the final one included. */
  public int exits() {
    return heads.size() + 1;
  }

  /** Returns the cut of an exit. */
  public int exitCut(int exit) {
    return exit == heads.size() ? lastCut() : heads.get(exit).cut();
  }

  /** Returns every exit's cut. */
  public int[] exitCuts() {
    int[] all = new int[exits()];
    for (int exit = 0; exit < all.length; exit++) {
      all[exit] = exitCut(exit);
    }
    return all;
  }

  /** Returns the first exit behind a cut. */
  public int firstExit(int cut) {
    int exit = 0;
    while (exitCut(exit) <= cut) {
      exit++;
    }
    return exit;
  }

  /** Returns the share of the backbone's MACs before a cut. */
  public double share(int cut) {
    return cuts.get(cut).macsBefore() / (double) Math.max(1, backbone.totalMacs());
  }
}
