package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.training.export.TinyNetwork;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CutAndVerifyTest {
  @TempDir Path folder;
  private Path network = Path.of("");

  private record Outcome(int status, String out, String err) {}

  @BeforeEach
  void writeNetwork() throws IOException {
    network = Files.write(folder.resolve("net.onnx"), TinyNetwork.onnx());
  }

  private static Outcome model(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] texts = Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new);
    int status = ModelMain.execute(texts, new PrintWriter(out), new PrintWriter(err));
    return new Outcome(status, out.toString(), err.toString());
  }

  private static void assertRefused(int status, String what, Object... arguments) {
    Outcome outcome = model(arguments);
    assertThat(outcome.status()).as(outcome.err()).isEqualTo(status);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err().strip().lines()).hasSize(1);
    assertThat(outcome.err()).contains(what);
  }

  @Test
  void printsCutsAsATableAndAsJson() throws IOException {
    Outcome table = model("cut", network);
    assertThat(table.status()).as(table.err()).isZero();
    assertThat(table.out()).contains("MACs before").contains("float32").contains("100.0 %");
    Outcome json = model("cut", network, "--json");
    JsonNode tree = new ObjectMapper().readTree(json.out());
    JsonNode cuts = tree.get("cuts");
    assertThat(table.out().lines().filter(line -> line.contains("%"))).hasSize(cuts.size());
    assertThat(cuts.get(0).get("macsBefore").asLong()).isZero();
    assertThat(cuts.get(cuts.size() - 1).get("share").asDouble()).isEqualTo(1);
    long macs = 0;
    for (JsonNode node : tree.get("nodes")) {
      macs += node.get("macs").asLong();
    }
    assertThat(tree.get("macs").asLong()).isEqualTo(macs).isPositive();
    Outcome all = model("cut", network, "--json", "--all");
    assertThat(new ObjectMapper().readTree(all.out()).get("cuts").size())
        .isGreaterThan(cuts.size());
  }

  @Test
  void verifiesANetworkOnRandomInputsAndOnPictures() throws IOException {
    Outcome random = model("verify", network, "--all");
    assertThat(random.status()).as(random.err()).isZero();
    assertThat(random.out()).contains("equal at every cut").doesNotContain("BROKEN");
    assertThat(random.err()).contains("comparing");
    Path pictures = Files.createDirectories(folder.resolve("pictures/any"));
    ImageIO.write(
        new BufferedImage(20, 30, BufferedImage.TYPE_INT_RGB),
        "png",
        pictures.resolve("a.png").toFile());
    Outcome real =
        model(
            "verify",
            network,
            "--data",
            folder.resolve("pictures"),
            "--preprocess",
            "size=16 mean=0.5 std=0.5",
            "--json");
    assertThat(real.status()).as(real.err()).isZero();
    JsonNode tree = new ObjectMapper().readTree(real.out());
    assertThat(tree.get("holds").asBoolean()).isTrue();
    assertThat(tree.get("inputs").asInt()).isEqualTo(1);
  }

  @Test
  void verifiesABundlesCutsAndExits() {
    Path bundle = folder.resolve("bundle");
    Outcome wrapped =
        model("wrap", network, "--preprocess", "size=16 mean=0.5 std=0.5", "--out", bundle);
    assertThat(wrapped.status()).as(wrapped.err()).isZero();
    Outcome verified = model("verify", bundle, "--samples", 2);
    assertThat(verified.status()).as(verified.err()).isZero();
    assertThat(verified.out()).contains("cut 1").contains("all exits").contains("2 inputs");
    assertRefused(2, "--all", "verify", bundle, "--all");
    assertRefused(2, "is a bundle", "publish", bundle, "--out", bundle);
  }

  @Test
  void saysInOneLineWhatIsWrong() throws IOException {
    Path text = Files.writeString(folder.resolve("text.onnx"), "not a network");
    Path half = folder.resolve("half.onnx");
    byte[] whole = Files.readAllBytes(network);
    Files.write(half, Arrays.copyOf(whole, whole.length / 2));
    for (String command : new String[] {"cut", "verify"}) {
      assertRefused(1, "text.onnx", command, text);
      assertRefused(1, "half.onnx", command, half);
      assertRefused(2, "absent.onnx", command, folder.resolve("absent.onnx"));
      assertRefused(2, "--tensors", command, network, "--tensors", 0);
      assertRefused(2, "--shape", command, network, "--shape", "x");
      assertRefused(1, "'x'", command, network, "--shape", "x=1x2");
    }
    assertRefused(2, "--samples", "verify", network, "--samples", 0);
    assertRefused(2, "--range", "verify", network, "--range", "x=1");
    assertRefused(2, "least value first", "verify", network, "--range", "x=5..1");
    assertRefused(2, "--preprocess", "verify", network, "--data", folder);
    String pixels = "size=16 mean=0.5 std=0.5";
    assertRefused(1, "no pictures", "verify", network, "--data", folder, "--preprocess", pixels);
    assertRefused(
        2, "absent", "verify", network, "--data", folder.resolve("absent"), "--preprocess", pixels);
    assertRefused(2, "--precision", "verify", network, "--precision", "int8");
    assertRefused(1, "model wrap", "inspect", network);
    assertRefused(2, "is a file", "publish", network, "--out", text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"resnet20-cifar10.onnx", "resnet56-cifar10.onnx", "mobilenet-v1-0.75-224.onnx"})
  void givesEqualityAtEveryCutOfRealNetworks(String file) {
    String shared = System.getProperty("sluice.shared", "");
    Path real = Path.of(shared, "models", file);
    assumeTrue(!shared.isEmpty() && Files.exists(real), "no " + real + ": test skipped");
    Outcome verified = model("verify", real, "--samples", 1);
    assertThat(verified.status()).as(verified.out() + verified.err()).isZero();
  }
}
