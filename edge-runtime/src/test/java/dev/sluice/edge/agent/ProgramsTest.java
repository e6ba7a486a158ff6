package dev.sluice.edge.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgramsTest {
  @TempDir private Path folder;
  private final StringWriter err = new StringWriter();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private int edge(String... arguments) {
    return Program.execute(
        new EdgeMain(new ByteArrayInputStream(new byte[0]), out),
        new PrintWriter(err, true),
        arguments);
  }

  private int classify(String... arguments) {
    return Program.execute(new ClassifyMain(out), new PrintWriter(err, true), arguments);
  }

  private void saysInOneLine(String... words) {
    String line = err.toString().strip();
    assertThat(line).doesNotContain("\n").contains(words);
    assertThat(out.size()).isZero();
  }

  @Test
  void edgeShowsWhereAnObjectiveIsWrong() {
    assertThat(edge("--bundle", "b", "--objective", "p95_latency <= 150 msec")).isEqualTo(2);
    assertThat(err.toString().lines().toList())
        .hasSize(3)
        .endsWith("  p95_latency <= 150 msec", "                     ^")
        .first()
        .asString()
        .startsWith("sluice edge: --objective, at character 20: ")
        .contains("(did you mean 'ms'?); see ./sluice edge --help");
    assertThat(out.size()).isZero();
  }

  @Test
  void edgeWantsABundle() {
    assertThat(edge()).isEqualTo(2);
    saysInOneLine("sluice edge:", "--bundle");
  }

  @ParameterizedTest
  @CsvSource({
    "--cloud,nowhere,HOST:PORT",
    "--cloud,host:99999,HOST:PORT",
    "--cloud,'a:1,b',HOST:PORT",
    "--cloud,dns:name,dns:NAME:PORT",
    "--tls-ca,pom.xml,--cloud",
    "--token-file,pom.xml,--cloud",
    "--name,kitchen,--cloud",
    "--emulate-device,soon,250ms",
    "--deadline,-5,250ms",
    "--fallback,perhaps,--fallback",
    "--exit-policy,top1 > 3,character 6",
    "--exit-policy,0 top1 >= 3,colon",
    "--threads,0,--threads",
    "--provider,abacus,cuda",
    "--frames-per-second,-1,--frames-per-second",
    "--budget,2s,e.g. 2s/100",
    "--budget,soon/3,'soon'",
    "--budget,2s/0,write 2s/100",
    "--nonsense,1,--nonsense"
  })
  void edgeSaysWhichOptionIsWrong(String option, String value, String word) {
    assertThat(edge("--bundle", "b", option, value)).isEqualTo(2);
    saysInOneLine("sluice edge:", word);
  }

  @ParameterizedTest
  @CsvSource({
    "--bundel, unknown option '--bundel' (did you mean '--bundle'?); see",
    "--objektive, unknown option '--objektive' (did you mean '--objective'?); see"
  })
  void edgeNamesAMistypedOptionBeforeThoseThatAreMissing(String option, String problem) {
    assertThat(edge(option, "b")).isEqualTo(2);
    saysInOneLine("sluice edge: " + problem);
  }

  @Test
  void edgeNamesAnOptionThatIsMissing() {
    assertThat(edge()).isEqualTo(2);
    saysInOneLine("sluice edge:", "required option", "--bundle");
  }

  @ParameterizedTest
  @CsvSource({
    "--tls-cert,pom.xml,go together",
    "--tls-key,pom.xml,go together",
    "--tls-name,worker.example,needs --tls",
    "--tls-ca,no/such/file,no such file",
    "--name,two words,visible characters"
  })
  void edgeSaysWhichOptionsOfAWorkerDoNotFit(String option, String value, String word) {
    assertThat(edge("--bundle", "b", "--cloud", "a:1,dns:b:2", option, value)).isEqualTo(2);
    saysInOneLine("sluice edge:", word);
  }

  @ParameterizedTest
  @CsvSource({
    "--cloud,a:1,computed on the device",
    "--audit-share,0.1,computed on the device",
    "--objective,minimise device_compute,when exits stop",
    "--strategy,device-only,when exits stop",
    "--exit-policy,always,when exits stop",
    "--deadline,150ms,no deadline",
    "--fallback,on,no deadline"
  })
  void edgeSaysWhatDoesNotGoWithABudget(String option, String value, String why) {
    assertThat(edge("--bundle", "b", "--budget", "2s/100", option, value)).isEqualTo(2);
    saysInOneLine("sluice edge: --budget and " + option + " exclude each other:", why);
  }

  @ParameterizedTest
  @CsvSource({"--split,1", "--exits,0.5", "--codec,q8", "--cloud,a:1"})
  void classifySaysWhatDoesNotGoWithABudget(String option, String value) {
    assertThat(classify("--bundle", "b", "--budget", "2s", option, value, "a.png")).isEqualTo(2);
    saysInOneLine("sluice classify: --budget and " + option + " exclude each other:");
  }

  @Test
  void edgeNamesATokenFileThatOthersCanRead() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), "correct-horse-battery-staple");
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-r--r--"));
    String[] options = {"--bundle", "b", "--cloud", "a:1", "--token-file", token.toString()};
    assertThat(edge(options)).isEqualTo(1);
    saysInOneLine("sluice edge:", "chmod 600");
  }

  @Test
  void edgeNamesAMissingBundle() {
    String missing = folder.resolve("missing").toString();
    assertThat(edge("--bundle", missing)).isEqualTo(2);
    saysInOneLine("sluice edge:", missing);
  }

  @Test
  void classifyNamesADamagedBundle() throws Exception {
    Path bundle = Files.createDirectory(folder.resolve("bundle"));
    Files.writeString(bundle.resolve("bundle.json"), "{\"schemaVersion\": 1");
    Path image = folder.resolve("a.ppm");
    Files.writeString(image, "P6 1 1 255\n...");
    assertThat(classify("--bundle", bundle.toString(), image.toString())).isEqualTo(1);
    saysInOneLine("sluice classify:", "bundle.json");
  }

  @Test
  void classifyWantsFiles() {
    assertThat(classify("--bundle", "b")).isEqualTo(2);
    saysInOneLine("sluice classify:", "FILE");
  }

  @Test
  void classifyNamesAMissingImage() {
    assertThat(classify("--bundle", "b", folder.resolve("missing.png").toString())).isEqualTo(2);
    saysInOneLine("sluice classify:", "missing.png");
  }

  @Test
  void helpIsNoError() {
    InputStream nothing = new ByteArrayInputStream(new byte[0]);
    StringWriter help = new StringWriter();
    picocli.CommandLine line = new picocli.CommandLine(new EdgeMain(nothing, out));
    assertThat(line.setOut(new PrintWriter(help, true)).execute("--help")).isZero();
    assertThat(help.toString()).contains("--emulate-device");
  }
}
