package dev.sluice.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.cloud.worker.ModelShelf;
import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import dev.sluice.protocol.channel.ClientListener;
import dev.sluice.protocol.channel.ClientOptions;
import dev.sluice.protocol.channel.CloudOutcome;
import dev.sluice.protocol.channel.LinkState;
import dev.sluice.protocol.channel.ServerOptions;
import dev.sluice.protocol.channel.WorkerClient;
import dev.sluice.protocol.codec.ActivationCodec;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.frame.Frame;
import dev.sluice.protocol.frame.FrameType;
import dev.sluice.protocol.frame.Handshake;
import dev.sluice.protocol.frame.MessageFrames;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.ExitThreshold;
import dev.sluice.protocol.message.Hello;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Message;
import dev.sluice.protocol.message.Partial;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.SendStamp;
import dev.sluice.protocol.message.Welcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A real worker with the shipped bundle, spoken to over the loopback interface. */
class CloudWorkerTest {
  private static final Path BUNDLE = Path.of("../experiments/bundles/roadsigns");
  private static final long TIMEOUT_SECONDS = 20;
  private static final ByteBufAllocator ALLOCATOR = UnpooledByteBufAllocator.DEFAULT;

  /** Logits differ in the last bits when the graph is cut elsewhere. */
  private static final double PROBABILITY_TOLERANCE = 1e-3;

  private ProgressiveModel model;
  private CloudWorker worker;
  private WorkerClient client;
  private long nextId = 1;

  @BeforeEach
  void startWorker() throws IOException {
    model = ProgressiveModel.open(Bundle.open(BUNDLE), EngineOptions.singleThread());
    worker =
        CloudWorker.start(
            ServerOptions.on("127.0.0.1", 0, "test-worker"),
            ModelShelf.open(BUNDLE, EngineOptions.singleThread()),
            1,
            64);
    client =
        WorkerClient.connect(
            ClientOptions.to("127.0.0.1", worker.port(), model.bundle().digest(), "test-device"),
            ClientListener.NONE);
  }

  @AfterEach
  void stopWorker() {
    client.close();
    worker.close();
    model.close();
  }

  @Test
  void finishesFromEveryCutAsTheUncutNetworkDoes() throws Exception {
    byte[] picture = noise(1);
    ExitScores uncut = uncut(picture);
    for (int cut = 1; cut < model.lastCut(); cut++) {
      Answer answer = answered(infer(cut, "f32", ExitRule.NONE, tensorsAt(cut, picture)));
      assertThat(answer.exit()).isEqualTo(model.manifest().finalExit().index());
      assertThat(answer.top().get(0).label()).as("cut %d", cut).isEqualTo(uncut.predicted());
      assertThat(answer.confidence())
          .as("cut %d", cut)
          .isCloseTo(uncut.confidence(), within(PROBABILITY_TOLERANCE));
    }
  }

  @Test
  void answersARawPictureExactlyAsTheUncutNetworkDoes() throws Exception {
    byte[] picture = noise(2);
    ExitScores uncut = uncut(picture);
    Answer answer = answered(infer(0, "raw", ExitRule.NONE, rawPicture(picture)));
    assertThat(answer.top().get(0).label()).isEqualTo(uncut.predicted());
    assertThat(answer.confidence()).isCloseTo(uncut.confidence(), within(PROBABILITY_TOLERANCE));
  }

  @Test
  void stopsAtAnExitWhoseThresholdIsMet() throws Exception {
    ExitRule always = new ExitRule(ExitRule.TOP1_PROBABILITY, List.of(new ExitThreshold(0, 0.0)));
    Answer answer = answered(infer(0, "raw", always, rawPicture(noise(3))));
    assertThat(answer.exit()).isZero();
  }

  @Test
  void stampsItsWorkInOrder() throws Exception {
    var stamps = answered(infer(0, "raw", ExitRule.NONE, rawPicture(noise(4)))).stamps();
    assertThat(stamps.firstByteNanos()).isLessThanOrEqualTo(stamps.lastByteNanos());
    assertThat(stamps.lastByteNanos()).isLessThanOrEqualTo(stamps.startNanos());
    assertThat(stamps.startNanos()).isLessThan(stamps.endNanos());
    assertThat(stamps.endNanos()).isLessThanOrEqualTo(stamps.replyNanos());
  }

  @Test
  void refusesWhatDoesNotFitTheModelAndServesTheNextRequest() throws Exception {
    byte[] picture = noise(5);
    assertThat(refused(infer(model.lastCut(), "f32", ExitRule.NONE, rawPicture(picture))))
        .isEqualTo(ErrorCode.BAD_CUT);
    assertThat(refused(infer(1, "klt-of-another-bundle", ExitRule.NONE, rawPicture(picture))))
        .isEqualTo(ErrorCode.UNKNOWN_CODEC);
    assertThat(refused(infer(0, "wavelets", ExitRule.NONE, rawPicture(picture))))
        .isEqualTo(ErrorCode.UNKNOWN_CODEC);
    assertThat(refused(infer(1, "f32", ExitRule.NONE, List.of(ByteBuffer.allocate(7)))))
        .isEqualTo(ErrorCode.MALFORMED);
    ExitRule beforeTheCut =
        new ExitRule(ExitRule.TOP1_PROBABILITY, List.of(new ExitThreshold(0, 0.5)));
    int behindTheFirstExit = model.manifest().exits().get(0).cut();
    assertThat(
            refused(
                infer(
                    behindTheFirstExit,
                    "f32",
                    beforeTheCut,
                    tensorsAt(behindTheFirstExit, picture))))
        .isEqualTo(ErrorCode.BAD_CUT);

    answered(infer(0, "raw", ExitRule.NONE, rawPicture(picture)));
  }

  @Test
  void refusesValuesThatMakeNoScores() throws Exception {
    List<ByteBuffer> tensors = tensorsAt(1, noise(7));
    byte[] poisoned = new byte[tensors.get(0).remaining()];
    ByteBuffer values = ByteBuffer.wrap(poisoned).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      values.putFloat(Float.NaN);
    }
    tensors.set(0, ByteBuffer.wrap(poisoned));
    assertThat(refused(infer(1, "f32", ExitRule.NONE, tensors))).isEqualTo(ErrorCode.MALFORMED);
  }

  @Test
  void answersAPictureOfAnotherSize() throws Exception {
    byte[] wide = new byte[3 * 97 * 31];
    new Random(8).nextBytes(wide);
    byte[] raw = PictureCodec.of("raw").encode(wide, 97, 31);
    answered(infer(0, "raw", ExitRule.NONE, List.of(ByteBuffer.wrap(raw))));
  }

  @Test
  void refusesAnotherModelByItsDigest() throws Exception {
    Infer foreign =
        new Infer(nextId++, "0".repeat(64), 0, "raw", ExitRule.NONE, 0, 0, rawPicture(noise(6)));
    assertThat(refused(foreign)).isEqualTo(ErrorCode.UNKNOWN_MODEL);
  }

  @Test
  void refusesAnotherModelBeforeThePayloadHasComeAndAnswersTheNextRequest() throws Exception {
    String digest = model.bundle().digest();
    Hello hello = new Hello(Handshake.VERSION, "by hand", digest);
    MessageFrames frames = new MessageFrames();
    frames.shareDigests(hello.modelDigests());
    List<ByteBuffer> large = List.of(ByteBuffer.allocate(60_000));
    Infer foreign = new Infer(1, "0".repeat(64), 0, "raw", ExitRule.NONE, 0, 0, large);
    Infer good = new Infer(2, digest, 0, "raw", ExitRule.NONE, 0, 0, rawPicture(noise(12)));
    try (Socket device = new Socket("127.0.0.1", worker.port())) {
      device.setSoTimeout((int) TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
      say(device, frames.write(ALLOCATOR, hello));
      assertThat(heard(device, frames)).isInstanceOf(Welcome.class);
      say(device, head(frames, foreign));
      assertThat(heard(device, frames))
          .isInstanceOfSatisfying(
              Refusal.class,
              why -> {
                assertThat(why.requestId()).isEqualTo(1);
                assertThat(why.code()).isEqualTo(ErrorCode.UNKNOWN_MODEL);
              });
      say(device, head(frames, good));
      say(device, frames.writeData(ALLOCATOR, 1, foreign.payloads(), foreign.payloadBytes()));
      say(device, frames.writeData(ALLOCATOR, 2, good.payloads(), good.payloadBytes()));
      assertThat(heard(device, frames))
          .isInstanceOfSatisfying(
              Answer.class, answer -> assertThat(answer.requestId()).isEqualTo(2));
    }
  }

  private static ByteBuf head(MessageFrames frames, Infer request) {
    return frames.writeInfer(
        ALLOCATOR, InferHeader.of(request, request.requestId(), 0, SendStamp.UNKNOWN));
  }

  private static void say(Socket device, ByteBuf frame) throws IOException {
    device.getOutputStream().write(ByteBufUtil.getBytes(frame));
    frame.release();
  }

  private static Message heard(Socket device, MessageFrames frames) throws Exception {
    DataInputStream in = new DataInputStream(device.getInputStream());
    ByteBuffer header = ByteBuffer.wrap(in.readNBytes(Frame.HEADER_BYTES));
    header.order(ByteOrder.LITTLE_ENDIAN);
    ByteBuf body = Unpooled.wrappedBuffer(in.readNBytes(header.getInt(0)));
    int type = header.get(4);
    return frames.read(
        FrameType.message(type).orElseThrow(), new Frame(type, header.getLong(6), body, 0, 0));
  }

  @Test
  void refusesTheConnectionOfADeviceWithAnotherModel() throws Exception {
    BlockingQueue<String> down = new LinkedBlockingQueue<>();
    ClientListener listener =
        new ClientListener() {
          @Override
          public void onState(LinkState state, String detail) {
            if (state == LinkState.DOWN) {
              down.add(detail);
            }
          }
        };
    try (WorkerClient other =
        WorkerClient.connect(
            ClientOptions.to("127.0.0.1", worker.port(), "0".repeat(64), "stranger"), listener)) {
      assertThat(down.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS)).contains("wanted is digest");
      assertThat(other.state()).isEqualTo(LinkState.DOWN);
    }
  }

  @Test
  void tellsWhatExitsSayThatAreNotSureWhereTheRequestAsksForIt() throws Exception {
    ExitRule never = new ExitRule(ExitRule.TOP1_PROBABILITY, List.of(new ExitThreshold(0, 1.0)));
    Infer request = infer(0, "raw", never, rawPicture(noise(9))).withPartials();
    BlockingQueue<Partial> partials = new LinkedBlockingQueue<>();
    BlockingQueue<CloudOutcome> outcomes = new LinkedBlockingQueue<>();
    client.send(request, outcomes::add, partials::add);
    CloudOutcome outcome = outcomes.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    assertThat(outcome).isInstanceOf(CloudOutcome.Answered.class);
    Partial first = partials.poll();
    assertThat(first).as("a partial answer before the answer").isNotNull();
    assertThat(first.requestId()).isEqualTo(request.requestId());
    assertThat(first.exit()).isZero();
    assertThat(first.confidence()).isLessThan(1.0);
    assertThat(answered(infer(0, "raw", never, rawPicture(noise(9)))).exit())
        .isEqualTo(model.manifest().finalExit().index());
  }

  @Test
  void answersWhatItHasBeforeItStops() throws Exception {
    answered(infer(0, "raw", ExitRule.NONE, rawPicture(noise(10))));
    BlockingQueue<CloudOutcome> outcomes = new LinkedBlockingQueue<>();
    client.send(infer(0, "raw", ExitRule.NONE, rawPicture(noise(11))), outcomes::add);
    assertThat(worker.drain(TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS))).isTrue();
    CloudOutcome outcome = outcomes.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    // Accepted and answered, or not looked at and lost with the search for another worker.
    assertThat(outcome).isInstanceOfAny(CloudOutcome.Answered.class, CloudOutcome.LinkLost.class);
  }

  private Infer infer(int cut, String codec, ExitRule rule, List<ByteBuffer> payloads) {
    return new Infer(nextId++, model.bundle().digest(), cut, codec, rule, 0, 0, payloads);
  }

  private Answer answered(Infer request) throws InterruptedException {
    CloudOutcome outcome = outcome(request);
    assertThat(outcome).isInstanceOf(CloudOutcome.Answered.class);
    return ((CloudOutcome.Answered) outcome).answer();
  }

  private ErrorCode refused(Infer request) throws InterruptedException {
    CloudOutcome outcome = outcome(request);
    assertThat(outcome).isInstanceOf(CloudOutcome.Refused.class);
    return ((CloudOutcome.Refused) outcome).refusal().code();
  }

  private CloudOutcome outcome(Infer request) throws InterruptedException {
    BlockingQueue<CloudOutcome> outcomes = new LinkedBlockingQueue<>();
    client.send(request, outcomes::add);
    CloudOutcome outcome = outcomes.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    assertThat(outcome).as("an outcome within %d s", TIMEOUT_SECONDS).isNotNull();
    return outcome;
  }

  private byte[] noise(long seed) {
    var preprocessing = model.manifest().preprocessing();
    byte[] rgb = new byte[preprocessing.width() * preprocessing.height() * 3];
    new Random(seed).nextBytes(rgb);
    return rgb;
  }

  private List<ByteBuffer> rawPicture(byte[] rgb) {
    var preprocessing = model.manifest().preprocessing();
    byte[] raw = PictureCodec.of("raw").encode(rgb, preprocessing.width(), preprocessing.height());
    return List.of(ByteBuffer.wrap(raw));
  }

  private ExitScores uncut(byte[] picture) {
    try (Activation input = input(picture)) {
      return model.scores(model.manifest().finalExit().index(), model.runUncut(input));
    }
  }

  private Activation input(byte[] picture) {
    var preprocessing = model.manifest().preprocessing();
    return model.input(picture, preprocessing.width(), preprocessing.height());
  }

  private List<ByteBuffer> tensorsAt(int cut, byte[] picture) {
    List<ByteBuffer> payloads = new ArrayList<>();
    try (Activation input = input(picture);
        StageChain chain = model.compile(StageRequest.of(0, cut, List.of()))) {
      for (Stage stage : chain.stages()) {
        try (StageResult result = stage.run(input)) {
          ActivationCodec codec = ActivationCodec.of("f32");
          for (int i = 0; i < result.live().shapes().size(); i++) {
            payloads.add(
                ByteBuffer.wrap(
                    codec.encode(result.live().floats(i), result.live().shapes().get(i))));
          }
        }
      }
    }
    return payloads;
  }
}
