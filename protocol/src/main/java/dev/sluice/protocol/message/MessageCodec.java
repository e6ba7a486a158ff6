package dev.sluice.protocol.message;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.util.DefaultClassResolver;
import com.esotericsoftware.kryo.util.MapReferenceResolver;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The bodies of control frames: Kryo with registration required, fixed class ids and serializers
 * written by hand.
 *
 * <pre>
 * +-----------------+-------------+----------------------------------------------+
 * | class id + 2    | field count | fields in order                              |
 * | varint          | u8          |                                              |
 * +-----------------+-------------+----------------------------------------------+
 * </pre>
 *
 * <p>Kryo's own serializers either do not evolve or allocate what a message claims. These here read
 * the fields that are there: an older peer sends fewer, the rest take their defaults; a newer one
 * sends more, the rest is skipped. A field never changes its meaning. Every length is checked
 * against the bytes that are there before anything is allocated, class names are never resolved,
 * and only the class that the frame's type announces is read.
 *
 * <p>Not thread-safe: one per connection and event loop.
 */
public final class MessageCodec {
  /** Largest body of a control frame. */
  public static final int MAX_CONTROL_BYTES = 8192;

  private static final int FIRST_CLASS_ID = 16;

  private final Kryo kryo;
  private final Output output = new Output(256, MAX_CONTROL_BYTES);
  private final Input input = new Input();
  private long requestId;
  private List<String> sharedDigests = List.of();

  /** Makes a codec of its own Kryo. */
  public MessageCodec() {
    kryo = new Kryo(new NoNamesResolver(), new MapReferenceResolver());
    kryo.setRegistrationRequired(true);
    kryo.setReferences(false);
    register(MessageType.HELLO, Hello.class, new HelloSerializer());
    register(MessageType.WELCOME, Welcome.class, new WelcomeSerializer());
    register(MessageType.INFER, InferHeader.class, new InferSerializer());
    register(MessageType.ANSWER, Answer.class, new AnswerSerializer());
    register(MessageType.REFUSAL, Refusal.class, new RefusalSerializer());
    register(MessageType.CANCEL, Cancel.class, new CancelSerializer());
    register(MessageType.PING, Ping.class, new PingSerializer());
    register(MessageType.PONG, Pong.class, new PongSerializer());
    register(MessageType.GOODBYE, Goodbye.class, new GoodbyeSerializer());
    register(MessageType.PARTIAL, Partial.class, new PartialSerializer());
    register(MessageType.LOAD, Load.class, new LoadSerializer());
  }

  private <T> void register(MessageType type, Class<T> what, Serializer<T> serializer) {
    serializer.setImmutable(true);
    kryo.register(what, serializer, FIRST_CLASS_ID + type.wireId());
  }

  /** Sets the digests told in the Hello; requests carry the place in this list instead. */
  public void shareDigests(List<String> digests) {
    sharedDigests = digests;
  }

  /** Returns what stands for a digest: nothing for the first one told, a place for the others. */
  private String shortened(String digest) {
    int place = sharedDigests.indexOf(digest);
    return switch (place) {
      case -1 -> digest;
      case 0 -> "";
      default -> String.valueOf((char) place);
    };
  }

  private String restored(String digest) {
    if (digest.isEmpty()) {
      return sharedDigests.isEmpty() ? "" : sharedDigests.get(0);
    }
    if (digest.length() > 1 || digest.charAt(0) > Hello.MAX_DIGESTS) {
      return digest;
    }
    if (digest.charAt(0) >= sharedDigests.size()) {
      throw new KryoException("model " + (int) digest.charAt(0) + " of " + sharedDigests.size());
    }
    return sharedDigests.get(digest.charAt(0));
  }

  /** Returns the body of a control frame; payloads of an {@link Infer} are not in it. */
  public byte[] encode(Message message) {
    return write(message);
  }

  /** Returns the body of an Infer frame. */
  public byte[] encode(InferHeader header) {
    return write(header);
  }

  private byte[] write(Object what) {
    output.reset();
    kryo.writeClassAndObject(output, what);
    return output.toBytes();
  }

  /**
   * Reads the body of a control frame other than Infer.
   *
   * @param id the request id in the frame's header
   * @throws ProtocolException with scope CONNECTION if the bytes are not such a message
   */
  public Message decode(MessageType type, long id, byte[] body, int offset, int length)
      throws ProtocolException {
    return (Message) read(classOf(type), id, body, offset, length);
  }

  /**
   * Reads the body of an Infer frame.
   *
   * @param id the request id in the frame's header
   * @throws ProtocolException with scope CONNECTION if the bytes are not such a header
   */
  public InferHeader decodeInfer(long id, byte[] body, int offset, int length)
      throws ProtocolException {
    return (InferHeader) read(InferHeader.class, id, body, offset, length);
  }

  private static Class<?> classOf(MessageType type) {
    return switch (type) {
      case HELLO -> Hello.class;
      case WELCOME -> Welcome.class;
      case INFER -> InferHeader.class;
      case ANSWER -> Answer.class;
      case REFUSAL -> Refusal.class;
      case CANCEL -> Cancel.class;
      case PING -> Ping.class;
      case PONG -> Pong.class;
      case GOODBYE -> Goodbye.class;
      case PARTIAL -> Partial.class;
      case LOAD -> Load.class;
    };
  }

  private Object read(Class<?> wanted, long id, byte[] body, int offset, int length)
      throws ProtocolException {
    requestId = id;
    input.setBuffer(body, offset, length);
    try {
      Registration registration = kryo.readClass(input);
      if (registration == null || registration.getType() != wanted) {
        throw ProtocolException.malformedConnection(
            "frame announces " + wanted.getSimpleName() + " and holds something else");
      }
      return kryo.readObject(input, wanted, registration.getSerializer());
    } catch (KryoException | IllegalArgumentException | IndexOutOfBoundsException broken) {
      throw ProtocolException.malformedConnection(
          "damaged " + wanted.getSimpleName() + ": " + firstLine(broken));
    } finally {
      kryo.reset();
    }
  }

  private static String firstLine(Exception exception) {
    String message = exception.getMessage();
    return message == null
        ? exception.getClass().getSimpleName()
        : message.lines().findFirst().orElse("");
  }

  /** Refuses class names, which Kryo would look up even where registration is required. */
  private static final class NoNamesResolver extends DefaultClassResolver {
    @Override
    protected Registration readName(Input input) {
      throw new KryoException("class name in place of a class id");
    }
  }

  /**
   * A message's fields: how many are known, how many must be there, and how each is read and
   * written.
   */
  private abstract static class Fields<T> extends Serializer<T> {
    private final int required;
    private final int known;

    Fields(int required, int known) {
      this.required = required;
      this.known = known;
    }

    /** Returns how many fields are written: fewer than are known where the rest has defaults. */
    int written(T what) {
      return known;
    }

    abstract void writeFields(Output out, T what);

    /**
     * @param count fields that are there and known, from {@code required} to {@code known}
     */
    abstract T readFields(Input in, int count);

    @Override
    public void write(Kryo kryo, Output out, T what) {
      out.writeByte(written(what));
      writeFields(out, what);
    }

    @Override
    public T read(Kryo kryo, Input in, Class<? extends T> type) {
      int sent = in.readByte() & 0xFF;
      if (sent < required) {
        throw new KryoException("has " + sent + " fields, needs " + required);
      }
      T what = readFields(in, Math.min(sent, known));
      if (sent <= known && in.position() != in.limit()) {
        throw new KryoException(in.limit() - in.position() + " bytes too many");
      }
      return what;
    }
  }

  private static void writeText(Output out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeVarInt(bytes.length, true);
    out.writeBytes(bytes);
  }

  private static String readText(Input in, int maxBytes) {
    int length = in.readVarInt(true);
    if (length < 0 || length > maxBytes || length > in.limit() - in.position()) {
      throw new KryoException("text of " + length + " bytes does not fit");
    }
    byte[] bytes = in.readBytes(length);
    if (isAscii(bytes)) {
      return new String(bytes, StandardCharsets.US_ASCII);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException broken) {
      throw new KryoException("text is not UTF-8", broken);
    }
  }

  private static boolean isAscii(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  /** Reads a count of things that take at least {@code bytesEach}. */
  private static int readCount(Input in, int max, int bytesEach) {
    int count = in.readByte() & 0xFF;
    if (count > max || count * bytesEach > in.limit() - in.position()) {
      throw new KryoException(count + " elements do not fit");
    }
    return count;
  }

  private static void writeTexts(Output out, List<String> texts) {
    out.writeByte(texts.size());
    for (String text : texts) {
      writeText(out, text);
    }
  }

  private static List<String> readTexts(Input in, int most) {
    int count = readCount(in, most, 1);
    List<String> texts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      texts.add(readText(in, Texts.MAX_NAME_BYTES));
    }
    return texts;
  }

  private static void writeClasses(Output out, List<ClassScore> top) {
    out.writeByte(top.size());
    for (ClassScore score : top) {
      out.writeVarInt(score.label(), true);
      out.writeFloat(score.probability());
    }
  }

  private static List<ClassScore> readClasses(Input in) {
    int count = readCount(in, Answer.MAX_TOP, 5);
    List<ClassScore> top = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      top.add(new ClassScore(in.readVarInt(true), in.readFloat()));
    }
    return top;
  }

  private static void writeLoad(Output out, LoadReport load) {
    out.writeVarInt(load.queued(), true);
    out.writeFloat((float) load.busyFraction());
    out.writeFloat((float) load.computeScale());
  }

  private static LoadReport readLoad(Input in) {
    return new LoadReport(in.readVarInt(true), in.readFloat(), in.readFloat());
  }

  private static final class HelloSerializer extends Fields<Hello> {
    HelloSerializer() {
      super(1, 7);
    }

    @Override
    void writeFields(Output out, Hello hello) {
      out.writeVarInt(hello.version(), true);
      writeText(out, hello.clientName());
      writeText(out, hello.modelDigest());
      List<String> digests = hello.modelDigests();
      writeText(out, hello.token());
      writeTexts(out, digests.subList(Math.min(1, digests.size()), digests.size()));
      writeTexts(out, hello.codecs());
      writeTexts(out, hello.features());
    }

    @Override
    Hello readFields(Input in, int count) {
      int version = in.readVarInt(true);
      String name = count > 1 ? readText(in, Texts.MAX_NAME_BYTES) : "";
      String first = count > 2 ? readText(in, Texts.MAX_NAME_BYTES) : "";
      String token = count > 3 ? readText(in, Texts.MAX_TOKEN_BYTES) : "";
      List<String> further = count > 4 ? readTexts(in, Hello.MAX_DIGESTS - 1) : List.of();
      List<String> digests = new ArrayList<>(further);
      if (!first.isEmpty()) {
        digests.add(0, first);
      } else if (!further.isEmpty()) {
        throw new KryoException("further models without a first one");
      }
      return new Hello(
          version,
          name,
          digests,
          token,
          count > 5 ? readTexts(in, Texts.MAX_CODECS) : List.of(),
          count > 6 ? readTexts(in, Texts.MAX_FEATURES) : List.of());
    }
  }

  private static final class WelcomeSerializer extends Fields<Welcome> {
    WelcomeSerializer() {
      super(3, 8);
    }

    @Override
    void writeFields(Output out, Welcome welcome) {
      out.writeVarInt(welcome.version(), true);
      writeText(out, welcome.workerName());
      out.writeVarInt(welcome.limits().maxFrameBytes(), true);
      out.writeVarInt(welcome.limits().maxPayloadBytes(), true);
      out.writeVarInt(welcome.limits().maxInFlight(), true);
      writeLoad(out, welcome.load());
      out.writeVarLong(welcome.limits().maxBytesInFlight(), true);
      writeTexts(out, welcome.modelDigests());
      writeTexts(out, welcome.codecs());
      writeTexts(out, welcome.features());
    }

    @Override
    Welcome readFields(Input in, int count) {
      int version = in.readVarInt(true);
      String name = readText(in, Texts.MAX_NAME_BYTES);
      int maxFrame = in.readVarInt(true);
      int maxPayload = in.readVarInt(true);
      int maxInFlight = in.readVarInt(true);
      LoadReport load = count > 3 ? readLoad(in) : LoadReport.IDLE;
      long maxBytes = count > 4 ? in.readVarLong(true) : 2L * maxPayload;
      return new Welcome(
          version,
          name,
          new Limits(maxFrame, maxPayload, maxInFlight, maxBytes),
          load,
          count > 5 ? readTexts(in, Hello.MAX_DIGESTS) : List.of(),
          count > 6 ? readTexts(in, Texts.MAX_CODECS) : List.of(),
          count > 7 ? readTexts(in, Texts.MAX_FEATURES) : List.of());
    }
  }

  private final class InferSerializer extends Fields<InferHeader> {
    private static final int PLAIN_FIELDS = 7;
    private static final int LISTED_FIELDS = 9;
    private static final int ALL_FIELDS = 11;
    private static final int PARTIALS_FLAG = 1;

    InferSerializer() {
      super(5, ALL_FIELDS);
    }

    @Override
    int written(InferHeader header) {
      if (header.partials() || header.sent().isKnown()) {
        return ALL_FIELDS;
      }
      return header.exits().isPlain() ? PLAIN_FIELDS : LISTED_FIELDS;
    }

    @Override
    void writeFields(Output out, InferHeader header) {
      writeText(out, shortened(header.modelDigest()));
      out.writeVarInt(header.cut(), true);
      writeText(out, header.codec());
      out.writeByte(header.exits().kind());
      out.writeByte(header.exits().thresholds().size());
      for (ExitThreshold threshold : header.exits().thresholds()) {
        out.writeByte(threshold.exit());
        out.writeDouble(threshold.threshold());
      }
      out.writeByte(header.payloadBytes().size());
      for (int bytes : header.payloadBytes()) {
        out.writeVarInt(bytes, true);
      }
      out.writeVarLong(header.deadlineRemainingNanos(), true);
      out.writeByte(header.priority());
      int fields = written(header);
      if (fields > PLAIN_FIELDS) {
        writeOrders(out, header.exits().orders());
        ExitProgress progress = header.exits().progress();
        out.writeVarInt(progress.predicted() + 1, true);
        out.writeByte(progress.unchanged());
      }
      if (fields > LISTED_FIELDS) {
        out.writeByte(header.partials() ? PARTIALS_FLAG : 0);
        writeStamp(out, header.sent());
      }
    }

    private static void writeStamp(Output out, SendStamp sent) {
      out.writeVarLong(sent.errorNanos() + 1, true);
      if (sent.isKnown()) {
        out.writeLong(sent.workerNanos());
      }
    }

    private static SendStamp readStamp(Input in) {
      long error = in.readVarLong(true) - 1;
      return error == -1 ? SendStamp.UNKNOWN : new SendStamp(in.readLong(), error);
    }

    private static void writeOrders(Output out, List<ExitOrder> orders) {
      out.writeByte(orders.size());
      for (ExitOrder order : orders) {
        out.writeByte(order.exit());
        out.writeByte(order.kind());
        out.writeVarInt(order.values().size(), true);
        for (double value : order.values()) {
          out.writeDouble(value);
        }
      }
    }

    private static List<ExitOrder> readOrders(Input in) {
      int count = readCount(in, ExitRule.MAX_THRESHOLDS, 3);
      List<ExitOrder> orders = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        int exit = in.readByte() & 0xFF;
        int kind = in.readByte() & 0xFF;
        int size = in.readVarInt(true);
        if (size < 0
            || size > ExitRule.MAX_VALUES
            || size * Double.BYTES > in.limit() - in.position()) {
          throw new KryoException(size + " values do not fit");
        }
        List<Double> values = new ArrayList<>(size);
        for (int v = 0; v < size; v++) {
          values.add(in.readDouble());
        }
        orders.add(new ExitOrder(exit, kind, values));
      }
      return orders;
    }

    @Override
    InferHeader readFields(Input in, int count) {
      String digest = readText(in, Texts.MAX_NAME_BYTES);
      int cut = in.readVarInt(true);
      String codec = readText(in, Texts.MAX_NAME_BYTES);
      int kind = in.readByte() & 0xFF;
      int exits = readCount(in, ExitRule.MAX_THRESHOLDS, 9);
      List<ExitThreshold> thresholds = new ArrayList<>(exits);
      for (int i = 0; i < exits; i++) {
        thresholds.add(new ExitThreshold(in.readByte() & 0xFF, in.readDouble()));
      }
      int payloads = readCount(in, Infer.MAX_PAYLOADS, 1);
      List<Integer> sizes = new ArrayList<>(payloads);
      for (int i = 0; i < payloads; i++) {
        sizes.add(in.readVarInt(true));
      }
      long deadline = count > 5 ? in.readVarLong(true) : 0;
      int priority = count > 6 ? in.readByte() & 0xFF : 0;
      List<ExitOrder> orders = count > 7 ? readOrders(in) : List.of();
      ExitProgress progress =
          count > 8
              ? new ExitProgress(in.readVarInt(true) - 1, in.readByte() & 0xFF)
              : ExitProgress.NONE;
      boolean partials = count > 9 && (in.readByte() & PARTIALS_FLAG) != 0;
      SendStamp sent = count > 10 ? readStamp(in) : SendStamp.UNKNOWN;
      return new InferHeader(
          requestId,
          restored(digest),
          cut,
          codec,
          new ExitRule(kind, thresholds, orders, progress),
          deadline,
          priority,
          partials,
          sent,
          sizes);
    }
  }

  private final class AnswerSerializer extends Fields<Answer> {
    AnswerSerializer() {
      super(4, 6);
    }

    @Override
    void writeFields(Output out, Answer answer) {
      out.writeByte(answer.exit());
      writeClasses(out, answer.top());
      out.writeDouble(answer.confidence());
      WorkerStamps stamps = answer.stamps();
      out.writeLong(stamps.firstByteNanos());
      out.writeVarLong(stamps.lastByteNanos() - stamps.firstByteNanos(), false);
      out.writeVarLong(stamps.startNanos() - stamps.lastByteNanos(), false);
      out.writeVarLong(stamps.endNanos() - stamps.startNanos(), false);
      out.writeVarLong(stamps.replyNanos() - stamps.endNanos(), false);
      writeLoad(out, answer.load());
      out.writeVarInt(answer.arrival().bytes(), true);
      out.writeVarLong(answer.arrival().nanos(), true);
    }

    @Override
    Answer readFields(Input in, int count) {
      int exit = in.readByte() & 0xFF;
      List<ClassScore> top = readClasses(in);
      double confidence = in.readDouble();
      long firstByte = in.readLong();
      long lastByte = firstByte + in.readVarLong(false);
      long start = lastByte + in.readVarLong(false);
      long end = start + in.readVarLong(false);
      long reply = end + in.readVarLong(false);
      LoadReport load = count > 4 ? readLoad(in) : LoadReport.IDLE;
      Arrival arrival =
          count > 5 ? new Arrival(in.readVarInt(true), in.readVarLong(true)) : Arrival.UNKNOWN;
      return new Answer(
          requestId,
          exit,
          top,
          confidence,
          new WorkerStamps(firstByte, lastByte, start, end, reply),
          load,
          arrival);
    }
  }

  private final class RefusalSerializer extends Fields<Refusal> {
    RefusalSerializer() {
      super(1, 3);
    }

    @Override
    void writeFields(Output out, Refusal refusal) {
      out.writeVarInt(refusal.code().wireId(), true);
      writeText(out, refusal.message());
      out.writeVarLong(refusal.retryAfterNanos(), true);
    }

    @Override
    Refusal readFields(Input in, int count) {
      int code = in.readVarInt(true);
      String message = count > 1 ? readText(in, Texts.MAX_EXPLANATION_BYTES) : "";
      long retryAfter = count > 2 ? in.readVarLong(true) : 0;
      // A newer worker may have further reasons; the explanation still helps.
      return new Refusal(
          requestId, ErrorCode.ofWireId(code).orElse(ErrorCode.INTERNAL), message, retryAfter);
    }
  }

  private final class CancelSerializer extends Fields<Cancel> {
    CancelSerializer() {
      super(0, 0);
    }

    @Override
    void writeFields(Output out, Cancel cancel) {}

    @Override
    Cancel readFields(Input in, int count) {
      return new Cancel(requestId);
    }
  }

  private static final class PingSerializer extends Fields<Ping> {
    PingSerializer() {
      super(1, 1);
    }

    @Override
    void writeFields(Output out, Ping ping) {
      out.writeLong(ping.token());
    }

    @Override
    Ping readFields(Input in, int count) {
      return new Ping(in.readLong());
    }
  }

  private static final class PongSerializer extends Fields<Pong> {
    PongSerializer() {
      super(2, 3);
    }

    @Override
    void writeFields(Output out, Pong pong) {
      out.writeLong(pong.token());
      out.writeLong(pong.nanos());
      writeLoad(out, pong.load());
    }

    @Override
    Pong readFields(Input in, int count) {
      return new Pong(in.readLong(), in.readLong(), count > 2 ? readLoad(in) : LoadReport.IDLE);
    }
  }

  private static final class GoodbyeSerializer extends Fields<Goodbye> {
    GoodbyeSerializer() {
      super(0, 3);
    }

    @Override
    void writeFields(Output out, Goodbye goodbye) {
      writeText(out, goodbye.reason());
      out.writeVarLong(goodbye.lastRequestId(), true);
      out.writeVarLong(goodbye.drainNanos(), true);
    }

    @Override
    Goodbye readFields(Input in, int count) {
      return new Goodbye(
          count > 0 ? readText(in, Texts.MAX_EXPLANATION_BYTES) : "",
          count > 1 ? in.readVarLong(true) : 0,
          count > 2 ? in.readVarLong(true) : 0);
    }
  }

  private final class PartialSerializer extends Fields<Partial> {
    PartialSerializer() {
      super(3, 3);
    }

    @Override
    void writeFields(Output out, Partial partial) {
      out.writeByte(partial.exit());
      writeClasses(out, partial.top());
      out.writeDouble(partial.confidence());
    }

    @Override
    Partial readFields(Input in, int count) {
      return new Partial(requestId, in.readByte() & 0xFF, readClasses(in), in.readDouble());
    }
  }

  private static final class LoadSerializer extends Fields<Load> {
    LoadSerializer() {
      super(1, 1);
    }

    @Override
    void writeFields(Output out, Load load) {
      writeLoad(out, load.load());
    }

    @Override
    Load readFields(Input in, int count) {
      return new Load(readLoad(in));
    }
  }
}
