package dev.sluice.experiments.study.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.calibrate.Replay;
import java.io.IOException;

/** A way to send a sample at a cut. Thread-safe; a sample is with one thread at a time. */
interface Contender {
  /** Returns its name, unique at its cut. */
  String name();

  /** Returns what it differs from only in its settings. */
  String family();

  /** Returns what it stands for. */
  Kind kind();

  /** Returns its cut; 0 sends the picture. */
  int cut();

  /** Returns the multiply-accumulates of its encoder's graph. */
  double encoderMacs();

  /** Sends a sample and runs what follows the cut. */
  Sent send(Sample sample) throws IOException;

  /**
   * A sample with what the uncut network makes of it.
   *
   * @param picture as it came
   * @param lossless logits and tensors at every cut
   */
  record Sample(Picture picture, Replay.Lossless lossless) {
    /** Returns the uncut network's logits. */
    float[] logits() {
      return lossless.logits()[lossless.logits().length - 1];
    }
  }

  /**
   * What became of a sample.
   *
   * @param bytes of the payload
   * @param logits of the final exit
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Sent(int bytes, float[] logits) {}
}
