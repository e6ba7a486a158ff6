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

/** Everything that is tried on a network. Owns the sessions behind the rival's codecs. */
final class Offers implements AutoCloseable {
  private static final List<Integer> QUALITIES = List.of(5, 10, 20, 30, 40, 50, 60, 75, 85, 92);
  private static final List<Integer> QUICK_QUALITIES = List.of(50, 85);
  private static final List<String> SCALES = List.of("", "@0.75", "@0.5");
  private static final List<String> QUICK_SCALES = List.of("", "@0.5");
  private static final List<Integer> LEVELS = List.of(2, 3, 4, 5, 6, 8, 12);
  private static final List<Integer> QUICK_LEVELS = List.of(3, 6);

  /** Error that a bit is worth in squared distances of uniform levels: about what a fine one is. */
  private static final List<Double> EXCHANGES = List.of(0.06, 0.2);

  private static final List<Double> QUICK_EXCHANGES = List.of(0.12);

  private final Subject subject;
  private final Replay replay;
  private final OnnxEngine engine;
  private final boolean quick;
  private final List<RivalContender.Tail> tails = new ArrayList<>();

  Offers(Subject subject, Replay replay, OnnxEngine engine, boolean quick) {
    this.subject = subject;
    this.replay = replay;
    this.engine = engine;
    this.quick = quick;
  }

  /** Returns the picture codecs, each scale and form a family of its own. */
  List<Contender> pictures() {
    List<Contender> all = new ArrayList<>();
    for (String name : List.of("raw", "png", "webp-lossless", "jpeg-75", "jpegs-75")) {
      picture(all, name, name);
    }
    for (int quality : quick ? QUICK_QUALITIES : QUALITIES) {
      for (String scale : quick ? QUICK_SCALES : SCALES) {
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

  /** Returns SPINN's codec at every interior cut that is compared. */
  List<Contender> references(List<Integer> cuts) {
    List<Contender> all = new ArrayList<>();
    for (int cut : cuts) {
      all.add(
          CodecContender.of(CutCodec.eightBit(cut), CutCodec.EIGHT_BIT, Kind.REFERENCE, replay));
    }
    return all;
  }

  /** Returns the transforms that the bundle brings. */
  List<Contender> shipped(List<Integer> cuts) {
    List<Contender> all = new ArrayList<>();
    for (CutCodec codec : subject.shipped()) {
      if (cuts.contains(codec.cut()) && codec.transform().isPresent()) {
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
  List<Contender> searched(List<Integer> cuts, int threads, long seed, PrintStream console)
      throws IOException {
    List<Contender> all = new ArrayList<>();
    for (CutCodec codec : Transforms.find(subject, cuts, engine, quick, threads, seed, console)) {
      Kind kind = codec.transform().isPresent() ? Kind.TRANSFORM : Kind.PRECISION;
      all.add(CodecContender.of(codec, Transforms.family(codec), kind, replay));
    }
    return all;
  }

  /** Returns the rival's codecs, designed on the training samples. */
  List<Contender> rivals(List<Integer> cuts, int threads, long seed) throws IOException {
    Calibration calibration =
        Calibration.of(subject.network(), replay, subject.train(), threads, seed);
    List<Contender> all = new ArrayList<>();
    for (int cut : cuts) {
      if (!Calibration.isOneTensor(subject.network().cuts().get(cut))) {
        continue;
      }
      RivalContender.Tail tail = new RivalContender.Tail(subject.network(), cut, engine);
      tails.add(tail);
      for (ClippedTensorCodec codec :
          ClippedTensorCodec.design(
              calibration.values().get(cut),
              quick ? QUICK_LEVELS : LEVELS,
              quick ? QUICK_EXCHANGES : EXCHANGES)) {
        all.add(new RivalContender(codec, tail));
      }
    }
    return all;
  }

  @Override
  public void close() {
    tails.forEach(RivalContender.Tail::close);
  }
}
