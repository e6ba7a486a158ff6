package dev.sluice.cloud.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cloud.admission.ComputeQueue;
import dev.sluice.cloud.admission.LoadMeter;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.protocol.channel.Deadline;
import dev.sluice.protocol.channel.ReceiveStamps;
import dev.sluice.protocol.channel.Responder;
import dev.sluice.protocol.message.Answer;
import dev.sluice.protocol.message.ErrorCode;
import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import dev.sluice.protocol.message.InferHeader;
import dev.sluice.protocol.message.Refusal;
import dev.sluice.protocol.message.SendStamp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestFinisherTest {
  /** Notes the refusals; {@code onAnswer} is what becomes of an answer. */
  private record Noted(long requestId, BlockingQueue<ErrorCode> refusals, Runnable onAnswer)
      implements Responder {
    Noted(long requestId) {
      this(requestId, new LinkedBlockingQueue<>(), () -> {});
    }

    @Override
    public long connectionId() {
      return 1;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void answer(Answer answer) {
      onAnswer.run();
    }

    @Override
    public void refuse(ErrorCode code, String message, long retryAfterNanos) {
      refusals.add(code);
    }
  }

  @Test
  void givesTheRoomOfACancelledRequestToTheNext() throws IOException, InterruptedException {
    try (ModelShelf models = ModelShelf.open(Turns.BUNDLE, EngineOptions.singleThread());
        ComputeQueue queue = new ComputeQueue(1, 1)) {
      RequestFinisher finisher =
          new RequestFinisher(models, queue, new LoadMeter(1, 0), System::nanoTime);
      String digest = models.models().get(0).digest();
      Turns.Held held = new Turns.Held(queue);

      Noted first = new Noted(1);
      Noted second = new Noted(2);
      Noted third = new Noted(3);
      finisher.onInfer(empty(1, digest), new ReceiveStamps(0, 0), first);
      finisher.onCancel(first);
      assertThat(finisher.load().queued()).isEqualTo(1);
      finisher.onInfer(empty(2, digest), new ReceiveStamps(0, 0), second);
      finisher.onInfer(empty(3, digest), new ReceiveStamps(0, 0), third);
      assertThat(third.refusals().poll(10, TimeUnit.SECONDS)).isEqualTo(ErrorCode.OVERLOADED);
      held.letGo();
      assertThat(second.refusals().poll(10, TimeUnit.SECONDS)).isEqualTo(ErrorCode.MALFORMED);
      assertThat(first.refusals()).isEmpty();
    }
  }

  @Test
  void dropsWhatIsPastItsDeadlineToMakeRoomAndBeforeItIsComputed()
      throws IOException, InterruptedException {
    AtomicLong clock = new AtomicLong();
    try (ModelShelf models = ModelShelf.open(Turns.BUNDLE, EngineOptions.singleThread());
        ComputeQueue queue = new ComputeQueue(1, 1)) {
      RequestFinisher finisher =
          new RequestFinisher(models, queue, new LoadMeter(1, 0), clock::get);
      String digest = models.models().get(0).digest();
      Turns.Held held = new Turns.Held(queue);

      ReceiveStamps hurried = new ReceiveStamps(0, 0, new Deadline(true, 100, 10));
      Noted first = new Noted(1);
      Noted second = new Noted(2);
      Noted third = new Noted(3);
      finisher.onInfer(empty(1, digest), hurried, first);
      clock.set(110);
      finisher.onInfer(empty(2, digest), hurried, second);
      assertThat(second.refusals().poll(10, TimeUnit.SECONDS)).isEqualTo(ErrorCode.OVERLOADED);
      clock.set(111);
      finisher.onInfer(
          empty(3, digest), new ReceiveStamps(0, 0, new Deadline(true, 200, 0)), third);
      assertThat(first.refusals().poll(10, TimeUnit.SECONDS)).isEqualTo(ErrorCode.DEADLINE_PASSED);
      clock.set(201);
      held.letGo();
      assertThat(third.refusals().poll(10, TimeUnit.SECONDS)).isEqualTo(ErrorCode.DEADLINE_PASSED);
    }
  }

  @Test
  void refusesByTheHeadWhatNamesAModelOrACutOrACodecThatIsNotHere() throws IOException {
    try (ModelShelf models = ModelShelf.open(Turns.BUNDLE, EngineOptions.singleThread());
        ComputeQueue queue = new ComputeQueue(1, 1)) {
      RequestFinisher finisher =
          new RequestFinisher(models, queue, new LoadMeter(1, 0), System::nanoTime);
      String digest = models.models().get(0).digest();
      assertThat(finisher.onHead(head(digest, 0, "raw"))).isEmpty();
      assertThat(finisher.onHead(head(digest, 1, "q8"))).isEmpty();
      assertThat(finisher.onHead(head("0".repeat(64), 0, "raw")))
          .hasValueSatisfying(
              why -> {
                assertThat(why.code()).isEqualTo(ErrorCode.UNKNOWN_MODEL);
                assertThat(why.message()).contains(digest.substring(0, 12));
              });
      assertThat(finisher.onHead(head(digest, 999, "q8")).map(Refusal::code))
          .hasValue(ErrorCode.BAD_CUT);
      assertThat(finisher.onHead(head(digest, 0, "wavelets")).map(Refusal::code))
          .hasValue(ErrorCode.UNKNOWN_CODEC);
      assertThat(finisher.onHead(head(digest, 1, "raw")).map(Refusal::code))
          .hasValue(ErrorCode.UNKNOWN_CODEC);
    }
  }

  private static InferHeader head(String digest, int cut, String codec) {
    return new InferHeader(
        1, digest, cut, codec, ExitRule.NONE, 0, 0, false, SendStamp.UNKNOWN, List.of(1 << 20));
  }

  @Test
  void answersARequestThatMemoryDidNotSufficeFor() throws IOException, InterruptedException {
    try (ModelShelf models = ModelShelf.open(Turns.BUNDLE, EngineOptions.singleThread());
        ComputeQueue queue = new ComputeQueue(1, 1)) {
      RequestFinisher finisher =
          new RequestFinisher(models, queue, new LoadMeter(1, 0), System::nanoTime);
      Noted unlucky =
          new Noted(
              1,
              new LinkedBlockingQueue<>(),
              () -> {
                throw new OutOfMemoryError("as if the worker had too little");
              });
      Infer request = onePixel(1, models.models().get(0).digest());
      finisher.onInfer(request, new ReceiveStamps(0, 0), unlucky);
      assertThat(unlucky.refusals().poll(10, TimeUnit.SECONDS)).isEqualTo(ErrorCode.INTERNAL);
    }
  }

  @Test
  void finishesWhatWaitsAlreadyAsOneBatch() throws IOException, InterruptedException {
    Turns.Answers answers = new Turns.Answers();
    try (ModelShelf models = ModelShelf.open(Turns.BUNDLE, EngineOptions.singleThread());
        ComputeQueue queue = new ComputeQueue(1, 16)) {
      LoadMeter load = new LoadMeter(1, 0);
      AtomicLong looks = new AtomicLong();
      RequestFinisher finisher =
          new RequestFinisher(models, queue, load, looks::incrementAndGet, 3);
      String digest = models.models().get(0).digest();
      Turns.Held held = new Turns.Held(queue);
      for (long id = 1; id <= 5; id++) {
        finisher.onInfer(onePixel(id, digest), new ReceiveStamps(0, 0), answers.to(id));
      }
      assertThat(finisher.load().queued()).isEqualTo(6);
      held.letGo();
      List<Answer> all = answers.next(5);
      assertThat(all).extracting(Answer::requestId).containsExactly(1L, 2L, 3L, 4L, 5L);
      /* It looks at the clock when a batch begins, for each answer, and when the batch is over. */
      assertThat(all)
          .extracting(answer -> answer.stamps().endNanos() - all.get(0).stamps().endNanos())
          .containsExactly(0L, 1L, 2L, 5L, 6L);
      assertThat(all).extracting(Answer::confidence).containsOnly(all.get(0).confidence());
    }
  }

  @Test
  void putsWhatIsDroppedEarlierFirstHoweverEarlyADeadlineIsSaidToBe()
      throws IOException, InterruptedException {
    Turns.Answers answers = new Turns.Answers();
    try (ModelShelf models = ModelShelf.open(Turns.BUNDLE, EngineOptions.singleThread());
        ComputeQueue queue = new ComputeQueue(1, 4)) {
      RequestFinisher finisher = new RequestFinisher(models, queue, new LoadMeter(1, 0), () -> 0);
      String digest = models.models().get(0).digest();
      Turns.Held held = new Turns.Held(queue);
      finisher.onInfer(
          onePixel(1, digest),
          new ReceiveStamps(0, 0, new Deadline(true, 100, 1_000)),
          answers.to(1));
      finisher.onInfer(
          onePixel(2, digest), new ReceiveStamps(0, 0, new Deadline(true, 200, 10)), answers.to(2));
      held.letGo();
      for (long id : new long[] {2, 1}) {
        assertThat(answers.next().requestId()).isEqualTo(id);
      }
    }
  }

  @Test
  void answersTheOthersOfABatchInWhichOneFails() throws IOException, InterruptedException {
    Turns.Answers answers = new Turns.Answers();
    try (ModelShelf models = ModelShelf.open(Turns.BUNDLE, EngineOptions.singleThread());
        ComputeQueue queue = new ComputeQueue(1, 16)) {
      RequestFinisher finisher =
          new RequestFinisher(models, queue, new LoadMeter(1, 0), System::nanoTime, 3);
      String digest = models.models().get(0).digest();
      Turns.Held held = new Turns.Held(queue);
      Noted failing =
          new Noted(
              1,
              new LinkedBlockingQueue<>(),
              () -> {
                throw new IllegalStateException("as if the engine refused this one");
              });
      finisher.onInfer(onePixel(1, digest), new ReceiveStamps(0, 0), failing);
      for (long id = 2; id <= 3; id++) {
        finisher.onInfer(onePixel(id, digest), new ReceiveStamps(0, 0), answers.to(id));
      }
      held.letGo();
      for (long id = 2; id <= 3; id++) {
        assertThat(answers.next().requestId()).isEqualTo(id);
      }
      assertThat(failing.refusals().poll(20, TimeUnit.SECONDS)).isEqualTo(ErrorCode.INTERNAL);
      assertThat(failing.refusals()).isEmpty();
    }
  }

  private static Infer onePixel(long id, String digest) {
    return request(id, digest, Turns.onePixel());
  }

  /** A request without a picture, which whoever comes to compute it refuses. */
  private static Infer empty(long id, String digest) {
    return request(id, digest, ByteBuffer.allocate(0));
  }

  private static Infer request(long id, String digest, ByteBuffer raw) {
    return new Infer(id, digest, 0, "raw", ExitRule.NONE, 0, 0, List.of(raw));
  }
}
