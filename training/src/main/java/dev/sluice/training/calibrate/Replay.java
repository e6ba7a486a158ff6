package dev.sluice.training.calibrate;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.training.transform.CutCodec;
import dev.sluice.training.transform.Transform;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs samples through a network with exits as both halves would: the device's part, a codec's
 * transform and bytes, decoding, and the rest. Thread-safe once made; sessions are the owner's to
 * close.
 */
public final class Replay implements AutoCloseable {
  private static final int MAX_PIXELS = 1 << 24;
  private static final int CHECKED = 16;
  private static final ActivationCodec ROUNDED = ActivationCodec.of("round-i8+lz4");

  private final ExitNetwork network;
  private final OnnxEngine engine;
  private final Optional<Replay> worker;
  private final OnnxEngine.Session whole;
  private final List<String> wholeOutputs;
  private final List<OnnxEngine.Session> heads = new ArrayList<>();
  private final Map<Integer, OnnxEngine.Session> rests = new HashMap<>();
  private final Map<CutCodec, Coder> coders = new HashMap<>();

  /** A codec ready to run; sessions where it has a transform. */
  private record Coder(
      ActivationCodec wire, List<OnnxEngine.Session> sessions, AtomicInteger checked)
      implements AutoCloseable {
    OnnxEngine.Session encoder() {
      return sessions.get(0);
    }

    OnnxEngine.Session decoder() {
      return sessions.get(1);
    }

    @Override
    public void close() {
      sessions.forEach(OnnxEngine.Session::close);
    }
  }

  /**
   * What a sample gives without any codec.
   *
   * @param logits per exit
   * @param live per cut its tensors; empty for the input and the output
   * @param decoded logits of pictures that this sample became by picture codecs; several codecs
   *     lead to the same pixels
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Lossless(
      float[][] logits, List<List<LiveTensor>> live, Map<ByteBuffer, float[][]> decoded) {}

  /**
   * What a sample gives through a codec.
   *
   * @param bytes of the payload
   * @param logits per exit behind the cut
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Sent(int bytes, float[][] logits) {}

  /**
   * Loads the network.
   *
   * @param engine stays the caller's; should compute on the calling thread
   */
  public Replay(ExitNetwork network, OnnxEngine engine) {
    this(network, Optional.empty(), engine);
  }

  /**
   * Loads a network that a device runs up to a cut, and another that a worker runs behind it, such
   * as the same at another precision.
   *
   * @param device what computes without a codec, and up to a codec's cut
   * @param worker what computes behind; same cuts and exits
   * @param engine stays the caller's; should compute on the calling thread
   */
  public Replay(ExitNetwork device, ExitNetwork worker, OnnxEngine engine) {
    this(device, Optional.of(new Replay(worker, engine)), engine);
  }

  private Replay(ExitNetwork network, Optional<Replay> worker, OnnxEngine engine) {
    this.network = network;
    this.engine = engine;
    this.worker = worker;
    // A tensor may be live at several cuts.
    Set<String> wanted = new LinkedHashSet<>();
    for (int cut = 1; cut < network.lastCut(); cut++) {
      wanted.addAll(network.cuts().get(cut).tensors());
    }
    wanted.addAll(network.backbone().outputs());
    wholeOutputs = List.copyOf(wanted);
    whole =
        engine.load(
            network.backbone().extract(network.backbone().inputs(), wholeOutputs),
            network.backbone().name());
    for (ExitNetwork.Head head : network.heads()) {
      heads.add(engine.load(head.onnx(), "exit at cut " + head.cut()));
    }
    for (int cut = 1; cut < network.lastCut() && worker.isEmpty(); cut++) {
      rests.put(
          cut,
          engine.load(
              network
                  .backbone()
                  .extract(network.cuts().get(cut).tensors(), restOutputs(network, cut)),
              "network behind cut " + cut));
    }
  }

  /** What is needed behind a cut: what the heads there read, and the output. */
  private static List<String> restOutputs(ExitNetwork network, int cut) {
    Set<String> outputs = new LinkedHashSet<>();
    for (ExitNetwork.Head head : network.heads()) {
      if (head.cut() > cut) {
        outputs.addAll(network.cuts().get(head.cut()).tensors());
      }
    }
    outputs.addAll(network.backbone().outputs());
    return List.copyOf(outputs);
  }

  /**
   * Makes a codec ready; call it before {@link #send} with one that has a transform or tables, from
   * one thread.
   */
  public void prepare(CutCodec codec) {
    if (codec.cut() == 0 || coders.containsKey(codec)) {
      return;
    }
    List<OnnxEngine.Session> sessions = new ArrayList<>();
    if (codec.transform().isPresent()) {
      Transform transform = codec.transform().get();
      sessions.add(engine.load(transform.encoder(), "encoder of " + codec.name()));
      sessions.add(engine.load(transform.decoder(), "decoder of " + codec.name()));
    }
    coders.put(codec, new Coder(codec.activations(), sessions, new AtomicInteger()));
  }

  /** Frees what {@link #prepare} made; the codec can be made ready again. */
  public void forget(CutCodec codec) {
    Coder coder = coders.remove(codec);
    if (coder != null) {
      coder.close();
    }
  }

  /** Runs a picture through the whole network and all exits. */
  public Lossless run(Picture picture) {
    int[] input = network.cuts().get(0).shapes().get(0);
    float[] values =
        network.preprocessing().apply(picture.rgb(), picture.width(), picture.height());
    List<List<LiveTensor>> live = new ArrayList<>();
    float[][] logits = new float[network.exits()][];
    live.add(List.of());
    try (var in = wrap(FloatBuffer.wrap(values), input);
        var out = whole.run(in)) {
      for (int cut = 1; cut < network.lastCut(); cut++) {
        live.add(tensors(network.cuts().get(cut), wholeOutputs, out));
      }
      live.add(List.of());
      logits[network.heads().size()] =
          copy(out.floats(wholeOutputs.indexOf(network.backbone().outputs().get(0))));
    }
    for (int exit = 0; exit < heads.size(); exit++) {
      logits[exit] = run(heads.get(exit), live.get(network.exitCut(exit)));
    }
    return new Lossless(logits, live, new HashMap<>());
  }

  private static List<LiveTensor> tensors(
      CutPoint cut, List<String> outputs, OnnxEngine.Tensors out) {
    List<LiveTensor> tensors = new ArrayList<>();
    for (int t = 0; t < cut.tensors().size(); t++) {
      tensors.add(
          LiveTensor.copyOf(out, outputs.indexOf(cut.tensors().get(t)), cut.shapes().get(t)));
    }
    return List.copyOf(tensors);
  }

  private float[] run(OnnxEngine.Session session, List<LiveTensor> tensors) {
    try (var in = LiveTensor.wrap(engine, tensors);
        var out = session.run(in)) {
      return copy(out.floats(0));
    }
  }

  /**
   * Sends a sample through a codec at its cut.
   *
   * @param picture the sample, for codecs at cut 0
   * @param lossless the same sample's {@link #run}; one thread at a time
   */
  public Sent send(CutCodec codec, Picture picture, Lossless lossless) {
    try {
      return codec.cut() == 0
          ? sendPicture(codec, picture, lossless)
          : sendTensors(codec, lossless);
    } catch (ProtocolException e) {
      throw new IllegalStateException(codec.name() + " cannot read what it wrote", e);
    }
  }

  private Sent sendPicture(CutCodec codec, Picture picture, Lossless lossless)
      throws ProtocolException {
    PictureCodec pictures = PictureCodec.of(codec.wire());
    byte[] bytes = pictures.encode(picture.rgb(), picture.width(), picture.height());
    if (codec.isLossless() && worker.isEmpty()) {
      return new Sent(bytes.length, lossless.logits());
    }
    Picture decoded = pictures.decode(ByteBuffer.wrap(bytes), MAX_PIXELS);
    Replay receiver = worker.orElse(this);
    float[][] logits =
        lossless
            .decoded()
            .computeIfAbsent(
                ByteBuffer.wrap(decoded.rgb()), pixels -> receiver.run(decoded).logits());
    return new Sent(bytes.length, logits);
  }

  private Sent sendTensors(CutCodec codec, Lossless lossless) throws ProtocolException {
    List<LiveTensor> live = lossless.live().get(codec.cut());
    int bytes = 0;
    List<LiveTensor> received = new ArrayList<>();
    for (LiveTensor tensor : live) {
      int[] shape = tensor.shape();
      if (!tensor.isFloat()) {
        // Masks and indexes are sent as they are.
        bytes += tensor.bytes().remaining();
        received.add(tensor);
        continue;
      }
      byte[] payload;
      Coder coder = coder(codec);
      if (codec.transform().isEmpty()) {
        ActivationCodec wire = coder.wire();
        payload = wire.encode(tensor.floats(), shape);
        received.add(LiveTensor.ofFloats(decode(wire, payload, shape), shape));
      } else {
        int[] sentShape = codec.transform().get().sentShape();
        FloatBuffer sent = FloatBuffer.wrap(one(coder.encoder(), tensor.floats(), shape));
        payload = coder.wire().encode(sent, sentShape);
        FloatBuffer rounded = decoded(coder, sent, payload, sentShape);
        received.add(
            LiveTensor.ofFloats(FloatBuffer.wrap(one(coder.decoder(), rounded, sentShape)), shape));
      }
      bytes += payload.length;
    }
    return new Sent(
        bytes,
        codec.isLossless() && worker.isEmpty() && received.equals(live)
            ? behind(codec.cut(), lossless)
            : rest(codec.cut(), received));
  }

  /*
   * Where a codec only rounds, range decoding takes longer than the rest of the network. So the first samples of each codec are decoded in earnest and compared with what
   * a faster writer of the same integers gives back; the others take the faster way.
   */
  private static FloatBuffer decoded(Coder coder, FloatBuffer sent, byte[] payload, int[] shape)
      throws ProtocolException {
    if (!coder.wire().wire().startsWith("round-")) {
      return decode(coder.wire(), payload, shape);
    }
    FloatBuffer rounded = decode(ROUNDED, ROUNDED.encode(sent, shape), shape);
    if (coder.checked().getAndIncrement() < CHECKED
        && !decode(coder.wire(), payload, shape).equals(rounded)) {
      throw new IllegalStateException(coder.wire().wire() + " does more than round");
    }
    return rounded;
  }

  private Coder coder(CutCodec codec) {
    Coder coder = coders.get(codec);
    if (coder == null && codec.transform().isEmpty() && codec.tables().isEmpty()) {
      return new Coder(codec.activations(), List.of(), new AtomicInteger());
    }
    if (coder == null) {
      throw new IllegalStateException(codec.name() + " was not prepared");
    }
    return coder;
  }

  private float[][] behind(int cut, Lossless lossless) {
    int first = network.firstExit(cut);
    float[][] logits = new float[network.exits() - first][];
    System.arraycopy(lossless.logits(), first, logits, 0, logits.length);
    return logits;
  }

  /** Runs what follows a cut and returns the logits of all exits behind it. */
  float[][] rest(int cut, List<LiveTensor> values) {
    if (worker.isPresent()) {
      return worker.get().rest(cut, values);
    }
    int first = network.firstExit(cut);
    float[][] logits = new float[network.exits() - first][];
    OnnxEngine.Session session = rests.get(cut);
    if (session == null) {
      throw new IllegalArgumentException("no interior cut: " + cut);
    }
    List<String> outputs = restOutputs(network, cut);
    List<List<LiveTensor>> atExits = new ArrayList<>();
    try (var in = LiveTensor.wrap(engine, values);
        var out = session.run(in)) {
      for (int exit = first; exit < heads.size(); exit++) {
        atExits.add(tensors(network.cuts().get(network.exitCut(exit)), outputs, out));
      }
      logits[logits.length - 1] =
          copy(out.floats(outputs.indexOf(network.backbone().outputs().get(0))));
    }
    for (int exit = first; exit < heads.size(); exit++) {
      logits[exit - first] = run(heads.get(exit), atExits.get(exit - first));
    }
    return logits;
  }

  private static FloatBuffer decode(ActivationCodec codec, byte[] payload, int[] shape)
      throws ProtocolException {
    int elements = 1;
    for (int side : shape) {
      elements *= side;
    }
    FloatBuffer out = OnnxEngine.allocate(elements);
    codec.decode(ByteBuffer.wrap(payload), shape, out);
    return out.clear();
  }

  private float[] one(OnnxEngine.Session session, FloatBuffer values, int[] shape) {
    try (var in = wrap(values, shape);
        var out = session.run(in)) {
      return copy(out.floats(0));
    }
  }

  private OnnxEngine.Tensors wrap(FloatBuffer values, int[] shape) {
    return engine.wrap(List.of(values), List.of(batchOfOne(shape)));
  }

  static long[] batchOfOne(int[] shape) {
    long[] batched = new long[shape.length + 1];
    batched[0] = 1;
    for (int i = 0; i < shape.length; i++) {
      batched[i + 1] = shape[i];
    }
    return batched;
  }

  private static float[] copy(FloatBuffer values) {
    float[] copy = new float[values.remaining()];
    values.duplicate().get(copy);
    return copy;
  }

  @Override
  public void close() {
    worker.ifPresent(Replay::close);
    whole.close();
    heads.forEach(OnnxEngine.Session::close);
    rests.values().forEach(OnnxEngine.Session::close);
    coders.values().forEach(Coder::close);
  }
}
