package dev.sluice.experiments.study.codec;

import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.transform.CutCodec;

/**
 * A codec that a bundle can have, run as device and worker run it.
 *
 * @param codec as the bundle would hold it
 * @param family what it differs from only in its settings
 * @param kind what it stands for
 * @param replay runs it
 */
record CodecContender(CutCodec codec, String family, Kind kind, Replay replay)
    implements Contender {
  /** Makes the codec ready to be run, once and from one thread. */
  static CodecContender of(CutCodec codec, String family, Kind kind, Replay replay) {
    replay.prepare(codec);
    return new CodecContender(codec, family, kind, replay);
  }

  @Override
  public String name() {
    return codec.name();
  }

  @Override
  public int cut() {
    return codec.cut();
  }

  @Override
  public double encoderMacs() {
    return codec.transform().map(transform -> (double) transform.encoderMacs()).orElse(0.0);
  }

  @Override
  public Sent send(Sample sample) {
    Replay.Sent sent = replay.send(codec, sample.picture(), sample.lossless());
    return new Sent(sent.bytes(), sent.logits()[sent.logits().length - 1]);
  }

  @Override
  public String toString() {
    return "cut " + cut() + " " + name();
  }
}
