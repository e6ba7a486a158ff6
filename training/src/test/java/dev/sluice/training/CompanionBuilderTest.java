package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.BundleWriter;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.protocol.codec.PictureCodec;
import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.protocol.message.ProtocolException;
import dev.sluice.scheduler.profile.CalibrationTable;
import dev.sluice.scheduler.profile.CalibrationTable.Role;
import dev.sluice.scheduler.profile.CalibrationTable.Variant;
import dev.sluice.scheduler.profile.CompanionInfo;
import dev.sluice.training.data.DataException;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.policy.ExitOutputs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shipped network as its own companion, in a bundle of its own whose classes have changed
 * names: so what the companion must have said is known of every picture.
 */
class CompanionBuilderTest {
  private static final Path SHIPPED = Path.of("..", "experiments", "bundles", "roadsigns");
  private static final List<String> CODECS = List.of("raw", "jpeg-75");

  @TempDir static Path folder;

  private static DataSets data;
  private static Bundle bundle;
  private static Bundle twin;
  private static CompanionBuilder.Built built;

  @BeforeAll
  static void nameTheTwin() throws Exception {
    Assumptions.assumeTrue(
        Files.isDirectory(SHIPPED), "the shipped bundle is not beside this module");
    data = RoadSignsData.draw(21, new RoadSignsData.Sizes(4, 4, 1, 4));
    Bundle shipped = Bundle.open(SHIPPED);
    try (ProgressiveModel model = ProgressiveModel.open(shipped, EngineOptions.singleThread())) {
      bundle =
          copy(
              shipped,
              folder.resolve("own"),
              shipped.manifest().labels(),
              shipped.manifest().exits(),
              Map.of(
                  "calibration.bin", table(model, Role.SELECT, data.select()),
                  "certification.bin", table(model, Role.CERTIFY, data.certify())));
    }
    ExitInfo last = shipped.manifest().finalExit();
    twin =
        copy(
            shipped,
            folder.resolve("twin"),
            rotated(shipped.manifest().labels()),
            List.of(new ExitInfo(0, last.cut(), last.head(), last.headMacs(), 1, 0)),
            Map.of());
    built =
        new CompanionBuilder(2, System::nanoTime, Progress.silent())
            .build(bundle, twin, data, "a test", folder.resolve("with"));
  }

  private static List<String> rotated(List<String> labels) {
    List<String> others = new ArrayList<>(labels);
    Collections.rotate(others, 1);
    return others;
  }

  private static Bundle copy(
      Bundle from, Path to, List<String> labels, List<ExitInfo> exits, Map<String, byte[]> replaced)
      throws IOException {
    BundleWriter writer = BundleWriter.to(to);
    for (String path : from.paths()) {
      byte[] other = replaced.get(path);
      writer.put(path, other == null ? from.file(path) : other);
    }
    BundleManifest old = from.manifest();
    return writer.commit(
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            to.getFileName().toString(),
            labels,
            old.preprocessing(),
            old.cuts(),
            exits,
            old.codecs(),
            Map.of(),
            Map.of()),
        false);
  }

  /** What every exit says, with and without picture codecs: another way than the builder's. */
  private static byte[] table(ProgressiveModel model, Role role, LabelledImages images)
      throws IOException {
    int[] cuts = model.manifest().exits().stream().mapToInt(ExitInfo::cut).toArray();
    CalibrationTable.Builder table =
        CalibrationTable.builder(
            role,
            model.manifest().labels().size(),
            images.size(),
            cuts,
            CODECS.stream().map(codec -> new Variant(0, codec)).toList());
    ExitOutputs plain = ExitOutputs.of(model, images, 2, done -> {});
    for (int s = 0; s < images.size(); s++) {
      table.sample(s, images.label(s), images.sequence(s));
      for (int exit = 0; exit < cuts.length; exit++) {
        ExitScores says = plain.scores()[exit][s];
        table.outcome(
            s, exit, says.predicted(), says.confidence(), says.margin(), says.entropyNats());
      }
    }
    for (int v = 0; v < CODECS.size(); v++) {
      PictureCodec codec = PictureCodec.of(CODECS.get(v));
      ExitOutputs sent = ExitOutputs.of(model, new Sent(images, codec), 2, done -> {});
      for (int s = 0; s < images.size(); s++) {
        Picture picture = images.picture(s);
        table.payload(v, s, codec.encode(picture.rgb(), picture.width(), picture.height()).length);
        for (int exit = 0; exit < cuts.length; exit++) {
          ExitScores says = sent.scores()[exit][s];
          table.outcome(
              v, s, exit, says.predicted(), says.confidence(), says.margin(), says.entropyNats());
        }
      }
    }
    return table.build().toBytes();
  }

  /** Pictures as they come out of a codec. */
  private record Sent(LabelledImages images, PictureCodec codec) implements LabelledImages {
    @Override
    public int size() {
      return images.size();
    }

    @Override
    public int label(int index) {
      return images.label(index);
    }

    @Override
    public Picture picture(int index) throws DataException {
      Picture whole = images.picture(index);
      try {
        return codec.decode(
            ByteBuffer.wrap(codec.encode(whole.rgb(), whole.width(), whole.height())), 1 << 20);
      } catch (ProtocolException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static CalibrationTable read(String path) throws Exception {
    return CalibrationTable.read(built.bundle().file(path));
  }

  @Test
  void writesWhatTheCompanionSaysInTheBundlesClasses() throws Exception {
    int classes = bundle.manifest().labels().size();
    for (String file : List.of("calibration.bin", "certification.bin")) {
      CalibrationTable own = read(file);
      CalibrationTable companion = read("companion/" + file);
      int last = own.exits() - 1;
      assertThat(companion.samples()).isEqualTo(own.samples());
      assertThat(companion.role()).isEqualTo(own.role());
      for (int s = 0; s < own.samples(); s++) {
        assertThat(companion.label(s)).isEqualTo(own.label(s));
        assertThat(companion.sequence(s)).isEqualTo(own.sequence(s));
        /* Its class i has the name that the bundle gives to class i - 1. */
        assertThat(companion.predicted(s, 0))
            .isEqualTo((own.predicted(s, last) + classes - 1) % classes);
        for (int v = 0; v < CODECS.size(); v++) {
          assertThat(companion.bytes(v, s)).isEqualTo(own.bytes(v, s));
          assertThat(companion.predicted(v, s, 0))
              .as("%s, picture %d", CODECS.get(v), s)
              .isEqualTo((own.predicted(v, s, last) + classes - 1) % classes);
        }
      }
    }
  }

  @Test
  void namesTheCompanionAndItsTime() throws Exception {
    CompanionInfo info = CompanionInfo.fromJson(built.bundle().file("companion/companion.json"));

    assertThat(info.name()).isEqualTo("twin");
    assertThat(info.digest()).isEqualTo(twin.digest());
    assertThat(info.workerNanos()).isPositive();
    for (int i = 0; i < info.classes().size(); i++) {
      assertThat(twin.manifest().labels().get(i))
          .isEqualTo(bundle.manifest().labels().get(info.classOf(i).orElseThrow()));
    }
    assertThat(built.report()).contains("twin", "jpeg-75");
  }

  @Test
  void keepsTheBundleAndLeavesTheCompanionsNetworkWhereItIs() {
    assertThat(built.bundle().paths()).containsAll(bundle.paths());
    assertThat(built.bundle().paths())
        .filteredOn(path -> !bundle.paths().contains(path))
        .containsExactlyInAnyOrder(
            "companion/companion.json", "companion/calibration.bin", "companion/certification.bin");
    assertThat(built.bundle().manifest().provenance()).containsEntry("companion", "a test");
    assertThat(built.bundle().manifest().exits()).isEqualTo(bundle.manifest().exits());
  }

  @Test
  void anotherCompanionTakesThePlaceOfTheFirst() throws Exception {
    Bundle again =
        new CompanionBuilder(1, System::nanoTime, Progress.silent())
            .build(built.bundle(), twin, data, "anew", folder.resolve("again"))
            .bundle();

    assertThat(again.paths()).isEqualTo(built.bundle().paths());
    assertThat(again.manifest().provenance()).containsEntry("companion", "anew");
  }

  @Test
  void aNewCertificationTableLeavesTheCompanionOut() throws Exception {
    List<String> notes = new ArrayList<>();
    Progress noting =
        new Progress() {
          @Override
          public void begin(String name, int total) {}

          @Override
          public void done(int units) {}

          @Override
          public void note(String line) {
            notes.add(line);
          }
        };
    Bundle certified =
        new BundleBuilder(BundleBuilder.Options.standard(2, 1), System::nanoTime, noting)
            .certify(
                built.bundle(), data, Map.of("certification.by", "a test"), folder.resolve("c"))
            .bundle();

    assertThat(certified.paths()).isEqualTo(bundle.paths());
    assertThat(certified.manifest().provenance())
        .containsEntry("certification.by", "a test")
        .doesNotContainKey("companion");
    assertThat(notes).singleElement().asString().contains("companion is left out");
  }

  @Test
  void refusesPicturesThatTheTablesWereNotMadeOf() throws Exception {
    DataSets others = RoadSignsData.draw(22, new RoadSignsData.Sizes(4, 4, 1, 4));
    refused(bundle, twin, others, "not the one that the bundle's table was made of");
  }

  @Test
  void refusesNetworksThatCannotBeCompanions() throws Exception {
    refused(bundle, bundle, data, "its own companion");
    List<String> labels = new ArrayList<>(bundle.manifest().labels());
    labels.set(0, "something else");
    Bundle other = copy(twin, folder.resolve("other"), labels, twin.manifest().exits(), Map.of());
    refused(bundle, other, data, "something else");
  }

  private static void refused(Bundle own, Bundle other, DataSets sets, String why) {
    assertThatThrownBy(
            () ->
                new CompanionBuilder(1, System::nanoTime, Progress.silent())
                    .build(own, other, sets, "a test", folder.resolve("refused")))
        .isInstanceOf(PreparationException.class)
        .hasMessageContaining(why);
    assertThat(folder.resolve("refused")).doesNotExist();
  }
}
