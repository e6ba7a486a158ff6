package dev.sluice.training;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.Stage;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageResult;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.training.calibrate.ParallelSamples;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * What a companion says of pictures: as they are, and through picture codecs of the bundle that it
 * accompanies. Not thread-safe; uses several threads inside.
 */
public final class CompanionAnswers {
  private static final int MAX_PIXELS = 1 << 24;

  private final ProgressiveModel companion;
  private final List<Integer> classes;
  private final List<String> codecs;
  private final int threads;

  /**
   * Asks nothing yet.
   *
   * @param companion stays open as long as this is used, and is not closed
   * @param classes by class of the companion: the bundle's
   * @param codecs of pictures, which the bundle's tables know
   * @param threads that compute, at least 1
   */
  public CompanionAnswers(
      ProgressiveModel companion, List<Integer> classes, List<String> codecs, int threads) {
    this.companion = companion;
    this.classes = List.copyOf(classes);
    this.codecs = List.copyOf(codecs);
    this.threads = threads;
  }

  /**
   * Asks it about the pictures behind a table of the bundle's.
   *
   * @param own that table, whose rows are the pictures in their order
   * @param done told how many pictures are done
   * @return its answers row by row, in the bundle's classes: one exit, and a variant at cut 0 for
   *     each codec
   * @throws PreparationException if the pictures are not those of the table
   */
  public CalibrationTable to(LabelledImages images, CalibrationTable own, IntConsumer done)
      throws IOException {
    String set = own.role().name().toLowerCase(Locale.ROOT);
    if (images.size() != own.samples()) {
      throw otherData(set, "%d pictures, not %d".formatted(images.size(), own.samples()));
    }
    Said[] said = new Said[images.size()];
    try (StageChain chain = whole(companion)) {
      ParallelSamples.run(
          images.size(), threads, s -> said[s] = said(chain, images.picture(s)), done);
    }
    List<Variant> variants = codecs.stream().map(codec -> new Variant(0, codec)).toList();
    CalibrationTable.Builder table =
        CalibrationTable.builder(own.role(), own.classes(), own.samples(), new int[] {1}, variants);
    for (int s = 0; s < said.length; s++) {
      if (images.label(s) != own.label(s) || images.sequence(s) != own.sequence(s)) {
        throw otherData(set, "picture %d has another label or drive".formatted(s));
      }
      ExitScores plain = said[s].plain();
      table
          .sample(s, own.label(s), own.sequence(s))
          .outcome(
              s,
              0,
              classes.get(plain.predicted()),
              plain.confidence(),
              plain.margin(),
              plain.entropyNats());
      for (int v = 0; v < codecs.size(); v++) {
        int known = own.variant(0, codecs.get(v)).orElseThrow();
        if (said[s].bytes()[v] != own.bytes(known, s)) {
          throw otherData(
              set,
              "picture %d has %d bytes as %s, not %d"
                  .formatted(s, said[s].bytes()[v], codecs.get(v), own.bytes(known, s)));
        }
        ExitScores sent = said[s].sent().get(v);
        table
            .payload(v, s, said[s].bytes()[v])
            .outcome(
                v,
                s,
                0,
                classes.get(sent.predicted()),
                sent.confidence(),
                sent.margin(),
                sent.entropyNats());
      }
    }
    return table.build();
  }

  /** What one picture gives. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Said(ExitScores plain, List<ExitScores> sent, int[] bytes) {}

  private Said said(StageChain chain, Picture picture) {
    List<ExitScores> sent = new ArrayList<>();
    int[] bytes = new int[codecs.size()];
    ExitScores plain = run(companion, chain, picture);
    for (int v = 0; v < bytes.length; v++) {
      PictureCodec codec = PictureCodec.of(codecs.get(v));
      byte[] written = codec.encode(picture.rgb(), picture.width(), picture.height());
      bytes[v] = written.length;
      try {
        Picture read = codec.decode(ByteBuffer.wrap(written), MAX_PIXELS);
        boolean same = Arrays.equals(read.rgb(), picture.rgb());
        sent.add(same ? plain : run(companion, chain, read));
      } catch (ProtocolException e) {
        throw new IllegalStateException(codec.name() + " cannot read what it wrote", e);
      }
    }
    return new Said(plain, sent, bytes);
  }

  private static PreparationException otherData(String set, String how) {
    return new PreparationException(
        "the %s set is not the one that the bundle's table was made of: %s; give the data and the"
                .formatted(set, how)
            + " seed that the bundle was made with");
  }

  /** Returns a network from the picture to its final exit. */
  static StageChain whole(ProgressiveModel model) {
    return model.compile(
        StageRequest.of(0, model.lastCut(), List.of(model.manifest().finalExit().index())));
  }

  /** Returns what the last stage's exit says. */
  static ExitScores run(ProgressiveModel model, StageChain chain, Picture picture) {
    Activation live = model.input(picture.rgb(), picture.width(), picture.height());
    try {
      ExitScores scores = null;
      for (Stage stage : chain.stages()) {
        StageResult result = stage.run(live);
        live.close();
        live = result.live();
        if (result.logits().isPresent()) {
          scores = model.scores(stage.exit().orElseThrow(), result.logits().get());
        }
      }
      if (scores == null) {
        throw new IllegalStateException("the last stage has no exit");
      }
      return scores;
    } finally {
      live.close();
    }
  }
}
