package dev.sluice.protocol.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.message.ExitRule;
import dev.sluice.protocol.message.Infer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UploadOrderTest {
  private long nextId = 1;

  private Upload upload(int bytes, int priority, long deadlineNanos) {
    Infer request =
        new Infer(
            nextId,
            "",
            0,
            "raw",
            ExitRule.NONE,
            deadlineNanos,
            priority,
            List.of(ByteBuffer.allocate(bytes)));
    Upload upload = new Upload(request, outcome -> {}, partial -> {}, 0);
    upload.sequence = nextId++;
    return upload;
  }

  @Test
  void sendsTheUrgentThenTheSmallThenTheEarlyThenTheFirst() {
    Upload urgent = upload(1 << 20, 9, 0);
    Upload small = upload(300, 0, 0);
    Upload early = upload(60_000, 0, 100);
    Upload late = upload(50_000, 0, 200);
    Upload shorter = upload(50_000, 0, 0);
    Upload first = upload(60_000, 0, 0);
    Upload second = upload(60_000, 0, 0);
    Upload huge = upload(1 << 20, 0, 50);
    List<Upload> wanted = List.of(urgent, small, early, late, shorter, first, second, huge);
    for (int seed = 0; seed < 50; seed++) {
      List<Upload> shuffled = new ArrayList<>(wanted);
      Collections.shuffle(shuffled, new Random(seed));
      shuffled.sort(Upload.ORDER);
      assertThat(shuffled).as("seed %d", seed).isEqualTo(wanted);
    }
  }

  @Test
  void boundsWhatWaitsInNumberAndBytesButTakesOneThatIsLargerAlone() {
    UploadQueue queue = new UploadQueue(2, 1_000);
    Upload large = upload(5_000, 0, 0);
    assertThat(queue.enter(large)).isTrue();
    assertThat(queue.enter(upload(1, 0, 0))).isFalse();
    queue.leave(large);
    assertThat(queue.enter(upload(600, 0, 0))).isTrue();
    assertThat(queue.enter(upload(600, 0, 0))).isFalse();
    assertThat(queue.enter(upload(400, 0, 0))).isTrue();
    assertThat(queue.enter(upload(0, 0, 0))).isFalse();
  }
}
