package dev.sluice.training.calibrate;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.transform.CutCodec;
import dev.sluice.training.transform.Transform;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Measures a network part by part on the calling thread: medians over repetitions, after warming
 * up. Parts are timed one session each, which costs a boundary each; they are scaled so that they
 * sum up to the whole network's time in one session.
 */
public final class Profiler {
  private static final int WARM_UP = 10;

  /** Plain Java is compiled only after a while. */
  private static final long WARM_UP_NANOS = 200_000_000L;

  private static final int MAX_PIXELS = 1 << 24;

  private final LongSupplier nanoClock;
  private final OnnxEngine engine;
  private final int repetitions;

  /**
   * Makes a profiler.
   *
   * @param engine computes on the calling thread; stays the caller's
   * @param repetitions measurements per part, at least 1
   */
  public Profiler(LongSupplier nanoClock, OnnxEngine engine, int repetitions) {
    this.nanoClock = nanoClock;
    this.engine = engine;
    this.repetitions = repetitions;
  }

  /**
   * Measures.
   *
   * @param recording what the codecs' bytes are taken from
   * @param kept the codecs to measure, each in the recording
   * @param picture a sample to measure with
   */
  public Profile measure(
      ExitNetwork network, Recording recording, List<CutCodec> kept, Picture picture) {
    List<List<LiveTensor>> live = live(network, picture);
    // Codecs are plain Java and share code: who came first would pay for its compilation.
    codecs(recording, kept, live, picture);
    return new Profile(
        Profile.VERSION,
        machine(),
        preprocessing(network, picture),
        segments(network, live),
        heads(network, live),
        codecs(recording, kept, live, picture));
  }

  /**
   * Measures without codecs, for a network of which there are no samples.
   *
   * @param picture any of the right size
   */
  public Profile measure(ExitNetwork network, Picture picture) {
    List<List<LiveTensor>> live = live(network, picture);
    return new Profile(
        Profile.VERSION,
        machine(),
        preprocessing(network, picture),
        segments(network, live),
        heads(network, live),
        List.of());
  }

  private long preprocessing(ExitNetwork network, Picture picture) {
    return median(
        () -> network.preprocessing().apply(picture.rgb(), picture.width(), picture.height()));
  }

  /** Says what it runs on, without names of machines. */
  static String machine() {
    return "%d processors, %s, Java %d, ONNX Runtime, one thread"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.arch"),
            Runtime.version().feature());
  }

  private List<List<LiveTensor>> live(ExitNetwork network, Picture picture) {
    try (Replay replay = new Replay(network, engine)) {
      List<List<LiveTensor>> live = new ArrayList<>(replay.run(picture).live());
      float[] input =
          network.preprocessing().apply(picture.rgb(), picture.width(), picture.height());
      live.set(
          0,
          List.of(
              LiveTensor.ofFloats(FloatBuffer.wrap(input), network.cuts().get(0).shapes().get(0))));
      return live;
    }
  }

  private List<Profile.SegmentTime> segments(ExitNetwork network, List<List<LiveTensor>> live) {
    var graph = network.backbone();
    long whole = session(graph.toBytes(), live.get(0));
    long[] parts = new long[network.cuts().size()];
    long sum = 0;
    for (int cut = 1; cut < parts.length; cut++) {
      CutPoint from = network.cuts().get(cut - 1);
      CutPoint to = network.cuts().get(cut);
      parts[cut] = session(graph.extract(from.tensors(), to.tensors()), live.get(cut - 1));
      sum += parts[cut];
    }
    List<Profile.SegmentTime> segments = new ArrayList<>();
    for (int cut = 1; cut < parts.length; cut++) {
      segments.add(new Profile.SegmentTime(cut, Math.round(parts[cut] * (whole / (double) sum))));
    }
    return segments;
  }

  private List<Profile.HeadTime> heads(ExitNetwork network, List<List<LiveTensor>> live) {
    List<Profile.HeadTime> heads = new ArrayList<>();
    for (int exit = 0; exit < network.heads().size(); exit++) {
      int cut = network.exitCut(exit);
      heads.add(
          new Profile.HeadTime(exit, session(network.heads().get(exit).onnx(), live.get(cut))));
    }
    return heads;
  }

  private List<Profile.CodecCost> codecs(
      Recording recording, List<CutCodec> kept, List<List<LiveTensor>> live, Picture picture) {
    List<Profile.CodecCost> costs = new ArrayList<>();
    for (CutCodec codec : kept) {
      int index = recording.codecs().indexOf(codec);
      long[] times =
          codec.cut() == 0 ? picture(codec, picture) : tensors(codec, live.get(codec.cut()));
      costs.add(
          new Profile.CodecCost(
              codec.cut(),
              codec.name(),
              times[0],
              times[1],
              recording.meanBytes(index),
              recording.p95Bytes(index)));
    }
    return costs;
  }

  private long[] picture(CutCodec codec, Picture picture) {
    PictureCodec pictures = PictureCodec.of(codec.wire());
    byte[] bytes = pictures.encode(picture.rgb(), picture.width(), picture.height());
    return new long[] {
      median(() -> pictures.encode(picture.rgb(), picture.width(), picture.height())),
      median(() -> decoded(pictures, bytes))
    };
  }

  private static Picture decoded(PictureCodec codec, byte[] bytes) {
    try {
      return codec.decode(ByteBuffer.wrap(bytes), MAX_PIXELS);
    } catch (ProtocolException e) {
      throw new IllegalStateException(codec.name() + " cannot read what it wrote", e);
    }
  }

  private long[] tensors(CutCodec codec, List<LiveTensor> live) {
    long encode = 0;
    long decode = 0;
    ActivationCodec wire = codec.activations();
    for (LiveTensor tensor : live) {
      if (!tensor.isFloat()) {
        continue; // Sent as it is.
      }
      int[] shape = tensor.shape();
      FloatBuffer values = tensor.floats();
      if (codec.transform().isPresent()) {
        Transform transform = codec.transform().get();
        encode += session(transform.encoder(), List.of(tensor));
        values = outcome(transform.encoder(), tensor);
        shape = transform.sentShape();
        decode += session(transform.decoder(), List.of(LiveTensor.ofFloats(values, shape)));
      }
      int[] sentShape = shape;
      FloatBuffer sent = values;
      byte[] payload = wire.encode(sent.duplicate(), sentShape);
      FloatBuffer room = OnnxEngine.allocate(sent.remaining());
      encode += median(() -> wire.encode(sent.duplicate(), sentShape));
      decode += median(() -> decodeInto(wire, payload, sentShape, room));
    }
    return new long[] {encode, decode};
  }

  private static FloatBuffer decodeInto(
      ActivationCodec wire, byte[] payload, int[] shape, FloatBuffer room) {
    try {
      wire.decode(ByteBuffer.wrap(payload), shape, room.clear());
      return room;
    } catch (ProtocolException e) {
      throw new IllegalStateException(wire.wire() + " cannot read what it wrote", e);
    }
  }

  private FloatBuffer outcome(byte[] onnx, LiveTensor tensor) {
    try (var session = engine.load(onnx, "transform");
        var in = LiveTensor.wrap(engine, List.of(tensor));
        var out = session.run(in)) {
      FloatBuffer result = out.floats(0);
      return FloatBuffer.allocate(result.remaining()).put(result).flip();
    }
  }

  private long session(byte[] onnx, List<LiveTensor> live) {
    try (var session = engine.load(onnx, "profiled part");
        var in = LiveTensor.wrap(engine, live)) {
      return median(() -> session.run(in));
    }
  }

  private <T> long median(Supplier<T> part) {
    long begin = nanoClock.getAsLong();
    for (int i = 0; i < WARM_UP || nanoClock.getAsLong() - begin < WARM_UP_NANOS; i++) {
      time(part);
    }
    long[] times = new long[repetitions];
    for (int i = 0; i < repetitions; i++) {
      times[i] = time(part);
    }
    Arrays.sort(times);
    return times[times.length / 2];
  }

  private <T> long time(Supplier<T> part) {
    long start = nanoClock.getAsLong();
    T result = part.get();
    long end = nanoClock.getAsLong();
    if (result instanceof OnnxEngine.Tensors tensors) {
      tensors.close();
    }
    return end - start;
  }
}
