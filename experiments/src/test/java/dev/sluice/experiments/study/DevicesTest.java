package dev.sluice.experiments.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.edge.device.BundleLayers;
import dev.sluice.edge.device.BundleWork;
import dev.sluice.edge.device.DeviceProfile;
import dev.sluice.edge.device.DeviceProfiles;
import dev.sluice.edge.device.OperatorWork;
import dev.sluice.edge.host.BundleFactsReader;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.scheduler.profile.BundleFacts;
import dev.sluice.scheduler.profile.NetworkLayers;
import dev.sluice.scheduler.profile.NetworkLayers.Layer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The published devices with the bundle that is shipped. */
class DevicesTest {
  private static Bundle bundle;

  @BeforeAll
  static void open() throws IOException {
    bundle = Bundle.open(Path.of("bundles/roadsigns").toAbsolutePath());
  }

  @Test
  void countsEveryOperationBetweenCutsOnce() throws IOException {
    BundleWork work = BundleWork.of(bundle);

    List<CutInfo> cuts = bundle.manifest().cuts();
    for (int cut = 1; cut < cuts.size(); cut++) {
      long macs = work.segments().get(cut - 1).stream().mapToLong(OperatorWork::macs).sum();
      assertThat(macs)
          .as("segment %d", cut)
          .isEqualTo(cuts.get(cut).macsBefore() - cuts.get(cut - 1).macsBefore());
    }
    bundle.manifest().exits().stream()
        .filter(exit -> !exit.head().isEmpty())
        .forEach(
            exit ->
                assertThat(
                        work.heads().get(exit.index()).stream().mapToLong(OperatorWork::macs).sum())
                    .isEqualTo(exit.headMacs()));
  }

  @Test
  void knowsTheLayersOfEverySegmentAndHead() throws IOException {
    NetworkLayers layers = BundleLayers.of(bundle);

    List<CutInfo> cuts = bundle.manifest().cuts();
    for (int cut = 1; cut < cuts.size(); cut++) {
      assertThat(macs(layers.segments().get(cut - 1)))
          .as("segment %d", cut)
          .isEqualTo(cuts.get(cut).macsBefore() - cuts.get(cut - 1).macsBefore());
    }
    bundle.manifest().exits().stream()
        .filter(exit -> !exit.head().isEmpty())
        .forEach(
            exit -> assertThat(macs(layers.heads().get(exit.index()))).isEqualTo(exit.headMacs()));
    assertThat(layers.segments().get(0))
        .extracting(Layer::kind)
        .contains(NetworkLayers.Kind.CONVOLUTION);
    assertThat(layers.heads().get(0))
        .extracting(Layer::kind)
        .contains(NetworkLayers.Kind.FULLY_CONNECTED);
  }

  private static double macs(List<Layer> layers) {
    return layers.stream()
        .filter(
            layer ->
                layer.kind() != NetworkLayers.Kind.POOLING
                    && layer.kind() != NetworkLayers.Kind.OTHER)
        .mapToDouble(Layer::size)
        .sum();
  }

  @Test
  void addsUpToTheWholeNetworkOnEveryDevice() throws IOException {
    BundleWork work = BundleWork.of(bundle);
    BundleFacts facts = BundleFactsReader.read(bundle);

    for (DeviceProfile device : DeviceProfiles.all().values()) {
      double whole = work.segments().stream().mapToDouble(device::nanos).sum();
      assertThat(device.on(facts, work).profile().networkNanos())
          .as(device.name())
          .isCloseTo(Math.round(whole), within((long) work.segments().size()));
    }
  }
}
