package dev.sluice.experiments.study.codec;

import dev.sluice.experiments.study.codec.rival.ClippedTensorCodec;
import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.transform.CutCodec;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that is tried on a network. Owns the sessions behind the rival's codecs. */
final class Offers implements AutoCloseable {
  private final Subject subject;
  private final Replay replay;
  private final OnnxEngine engine;
  private final CodecConfig config;
  private final Transforms transforms;
  private final int threads;
  private final long seed;
  private final List<RivalContender.Tail> tails = new ArrayList<>();
  private @Nullable Calibration calibration;

  /**
   * Prepares offers.
   *
   * @param threads that samples are run on
   * @param seed chooses samples
   * @param console for what the search has to say
   */
  Offers(
      Subject subject,
      Replay replay,
      OnnxEngine engine,
      CodecConfig config,
      int threads,
      long seed,
      PrintStream console) {
    this.subject = subject;
    this.replay = replay;
    this.engine = engine;
    this.config = config;
    this.threads = threads;
    this.seed = seed;
    transforms =
        new Transforms(
            subject, config.cuts(subject), engine, config.search().options(threads, seed), console);
  }

  /** Returns all that is tried at an interior cut. */
  List<Contender> at(int cut) throws IOException {
    List<Contender> all = new ArrayList<>();
    all.add(CodecContender.of(CutCodec.eightBit(cut), CutCodec.EIGHT_BIT, Kind.REFERENCE, replay));
    all.addAll(shipped(cut));
    all.addAll(searched(cut));
    all.addAll(rivals(cut));
    return all;
  }

  /** Returns the picture codecs, each scale and form a family of its own. */
  List<Contender> pictures() {
    List<Contender> all = new ArrayList<>();
    for (String name : List.of("raw", "png", "webp-lossless", "jpeg-75", "jpegs-75")) {
      picture(all, name, name);
    }
    for (int quality : config.pictures().qualities()) {
      for (String scale : config.pictures().suffixes()) {
        picture(all, "jpegm-" + quality + scale, "jpegm" + scale);
        picture(all, "webp-" + quality + scale, "webp" + scale);
      }
      picture(all, "jpegm-" + quality + "-444", "jpegm-444");
    }
    return all;
  }

  private void picture(List<Contender> all, String name, String family) {
    if (!name.startsWith("webp") || PictureCodec.hasWebP()) {
      all.add(CodecContender.of(CutCodec.picture(name), family, Kind.PICTURE, replay));
    }
  }

  /** Returns the transforms that the bundle brings. */
  private List<Contender> shipped(int cut) {
    List<Contender> all = new ArrayList<>();
    for (CutCodec codec : subject.shipped()) {
      if (codec.cut() == cut && codec.transform().isPresent()) {
        CutCodec named =
            new CutCodec(
                codec.cut(),
                "shipped-" + codec.name(),
                codec.wire(),
                codec.transform(),
                codec.tables());
        all.add(CodecContender.of(named, "shipped", Kind.TRANSFORM, replay));
      }
    }
    return all;
  }

  /** Returns what the search finds, transforms and others, beside SPINN's codec. */
  private List<Contender> searched(int cut) throws IOException {
    List<Contender> all = new ArrayList<>();
    for (CutCodec codec : transforms.find(cut)) {
      Kind kind = codec.transform().isPresent() ? Kind.TRANSFORM : Kind.PRECISION;
      all.add(CodecContender.of(codec, Transforms.family(codec), kind, replay));
    }
    return all;
  }

  /** Returns the rival's codecs, designed on the training samples. */
  private List<Contender> rivals(int cut) throws IOException {
    List<Contender> all = new ArrayList<>();
    if (!Calibration.isOneTensor(subject.network().cuts().get(cut))) {
      return all;
    }
    Calibration known = calibration;
    if (known == null) {
      known = Calibration.of(subject.network(), replay, subject.train(), threads, seed);
      calibration = known;
    }
    RivalContender.Tail tail = new RivalContender.Tail(subject.network(), cut, engine);
    tails.add(tail);
    for (ClippedTensorCodec codec :
        ClippedTensorCodec.design(
            known.values().get(cut), config.rival().levels(), config.rival().exchanges())) {
      all.add(new RivalContender(codec, tail));
    }
    return all;
  }

  /** Frees what contenders hold that are not tried any more. */
  void forget(List<Contender> contenders) {
    for (Contender contender : contenders) {
      if (contender instanceof CodecContender ours) {
        replay.forget(ours.codec());
      }
    }
    tails.forEach(RivalContender.Tail::close);
    tails.clear();
  }

  @Override
  public void close() {
    tails.forEach(RivalContender.Tail::close);
    transforms.close();
  }
}
