package dev.sluice.experiments.study.codec;

import dev.sluice.model.engine.OnnxEngine;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.scheduler.profile.Profile;
import dev.sluice.training.calibrate.Profiler;
import dev.sluice.training.calibrate.Recording;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.transform.CutCodec;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** What contenders take to encode and decode one sample, on one thread. */
final class CodecTimes {
  private static final int REPETITIONS = 15;

  private final Map<Contender, long[]> times = new HashMap<>();

  private CodecTimes() {}

  static CodecTimes measure(
      Subject subject,
      Replay replay,
      OnnxEngine engine,
      Collection<Contender> contenders,
      LongSupplier nanoClock)
      throws IOException {
    CodecTimes all = new CodecTimes();
    List<CodecContender> codecs =
        contenders.stream()
            .filter(CodecContender.class::isInstance)
            .map(CodecContender.class::cast)
            .toList();
    List<CutCodec> kept = codecs.stream().map(CodecContender::codec).toList();
    Picture picture = subject.select().picture(0);
    Recording recording =
        Recording.of(subject.network(), replay, kept, subject.select().sample(1, 0), 1, done -> {});
    List<Profile.CodecCost> costs =
        new Profiler(nanoClock, engine, REPETITIONS)
            .measure(subject.network(), recording, kept, picture)
            .codecs();
    for (int i = 0; i < codecs.size(); i++) {
      Profile.CodecCost cost = costs.get(i);
      all.times.put(codecs.get(i), new long[] {cost.encodeNanos(), cost.decodeNanos()});
    }
    Contender.Sample sample = new Contender.Sample(picture, replay.run(picture));
    for (Contender contender : contenders) {
      if (contender instanceof RivalContender rival) {
        all.times.put(contender, times(rival, sample, nanoClock));
      }
    }
    return all;
  }

  private static long[] times(
      RivalContender rival, Contender.Sample sample, LongSupplier nanoClock) {
    long[] encode = new long[REPETITIONS];
    long[] decode = new long[REPETITIONS];
    // The first rounds warm up.
    for (int round = -REPETITIONS; round < REPETITIONS; round++) {
      long start = nanoClock.getAsLong();
      byte[] payload = rival.encode(sample);
      long middle = nanoClock.getAsLong();
      rival.decode(sample, payload);
      if (round >= 0) {
        encode[round] = middle - start;
        decode[round] = nanoClock.getAsLong() - middle;
      }
    }
    Arrays.sort(encode);
    Arrays.sort(decode);
    return new long[] {encode[REPETITIONS / 2], decode[REPETITIONS / 2]};
  }

  long encodeNanos(Contender contender) {
    return times.getOrDefault(contender, new long[2])[0];
  }

  long decodeNanos(Contender contender) {
    return times.getOrDefault(contender, new long[2])[1];
  }
}
