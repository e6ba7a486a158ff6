package dev.sluice.model.repository;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.TinyBundles;
import dev.sluice.model.repository.RepositoryException.Reason;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundlesTest {
  private static final FetchLimits LIMITS =
      new FetchLimits(
          1 << 24,
          1 << 24,
          100,
          4,
          3,
          Duration.ofSeconds(2),
          Duration.ofMillis(700),
          3,
          Duration.ofMillis(100),
          Duration.ofSeconds(60),
          Duration.ofSeconds(20));

  private static final Duration POINT = Duration.ofMillis(1);

  private static WireMockServer server;

  @TempDir Path folder;
  private final FakeTiming timing = new FakeTiming();
  private final Heard heard = new Heard();
  private Bundle bundle;

  @BeforeAll
  static void startServer() {
    server =
        new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1").gzipDisabled(true));
    server.start();
  }

  @AfterAll
  static void stopServer() {
    server.stop();
  }

  @BeforeEach
  void makeBundle() throws IOException {
    server.resetAll();
    bundle = TinyBundles.write(folder.resolve("original"));
  }

  private Bundles bundles() {
    return bundles(LIMITS);
  }

  private Bundles bundles(FetchLimits limits) {
    return new Bundles(folder.resolve("cache"), limits, timing, new SplittableRandom(5), heard);
  }

  private static String address(String path) {
    return "http://127.0.0.1:" + server.port() + path;
  }

  private byte[] original(String path) throws IOException {
    return Files.readAllBytes(folder.resolve("original").resolve(path));
  }

  /** Serves a file with an ETag, and 304 to whoever has it. */
  private static void serve(String path, byte[] content, String etag) {
    server.stubFor(
        get(urlPathEqualTo(path))
            .willReturn(aResponse().withHeader("ETag", etag).withBody(content)));
    server.stubFor(
        get(urlPathEqualTo(path))
            .withHeader("If-None-Match", equalTo(etag))
            .willReturn(aResponse().withStatus(304).withHeader("ETag", etag)));
  }

  private void serveFolder(String path) throws IOException {
    serve(path + "bundle.json", original("bundle.json"), "\"m1\"");
    for (String file : bundle.paths()) {
      serve(path + file, bundle.file(file), "\"" + Math.abs(file.hashCode()) + "\"");
    }
  }

  private static int asked(String path) {
    return server.countRequestsMatching(getRequestedFor(urlPathEqualTo(path)).build()).getCount();
  }

  private static int askedInAll() {
    return server.countRequestsMatching(anyRequestedFor(anyUrl()).build()).getCount();
  }

  private static void assertFails(ThrowingCallable call, Reason reason, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RepositoryException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .message()
        .contains(words)
        .contains("; ");
  }

  private void assertNothingCached() throws IOException {
    Path place = folder.resolve("cache/bundles");
    if (Files.exists(place)) {
      try (Stream<Path> all = Files.list(place)) {
        assertThat(all).isEmpty();
      }
    }
  }

  @Test
  void leavesPathsAsTheyAre() throws IOException {
    assertThat(bundles().locate("some/where")).isEqualTo(Path.of("some/where"));
    assertThat(bundles().open(folder.resolve("original").toString()).digest())
        .isEqualTo(bundle.digest());
    assertThat(askedInAll()).isZero();
  }

  @Test
  void fetchesAFolderOnceAndThenAsksOnlyWhetherItChanged() throws IOException {
    serveFolder("/b/");
    Bundle fetched = bundles().open(address("/b"));
    assertThat(fetched.digest()).isEqualTo(bundle.digest());
    assertThat(fetched.paths()).isEqualTo(bundle.paths());
    int first = askedInAll();
    assertThat(first).isEqualTo(1 + bundle.paths().size());
    assertThat(bundles().open(address("/b/bundle.json")).digest()).isEqualTo(bundle.digest());
    assertThat(askedInAll()).isEqualTo(first + 1);
    server.verify(
        1,
        getRequestedFor(urlPathEqualTo("/b/bundle.json"))
            .withHeader("If-None-Match", equalTo("\"m1\"")));
    assertThat(heard.warnings).isEmpty();
    long bytes = bundle.paths().stream().mapToLong(path -> bundle.file(path).length).sum();
    assertThat(heard.lines)
        .containsExactly(
            "begins " + address("/b/") + " " + bundle.paths().size() + " " + bytes,
            "ends " + address("/b/") + " " + bytes);
    assertThat(heard.progress).last().isEqualTo(bytes);
  }

  @Test
  void fetchesOnlyTheFilesThatANewVersionChanged() throws IOException {
    serveFolder("/b/");
    bundles().open(address("/b/"));
    Bundle other = Others.withOtherTable(folder.resolve("other"));
    serve("/b/bundle.json", Files.readAllBytes(folder.resolve("other/bundle.json")), "\"m2\"");
    serve("/b/calibration.bin", other.file("calibration.bin"), "\"c2\"");
    int before = askedInAll();
    assertThat(bundles().open(address("/b/")).digest()).isEqualTo(other.digest());
    assertThat(askedInAll()).isEqualTo(before + 2);
  }

  @Test
  void fetchesAZipOnceAndThenAsksOnlyWhetherItChanged() throws IOException {
    Path zip = folder.resolve("b.zip");
    bundle.writeZip(zip);
    serve("/b.zip", Files.readAllBytes(zip), "\"z1\"");
    assertThat(bundles().open(address("/b.zip")).digest()).isEqualTo(bundle.digest());
    assertThat(bundles().open(address("/b.zip")).paths()).isEqualTo(bundle.paths());
    server.verify(
        1, getRequestedFor(urlEqualTo("/b.zip")).withHeader("If-None-Match", equalTo("\"z1\"")));
    assertThat(askedInAll()).isEqualTo(2);
  }

  @Test
  void findsABundleInAnIndex() throws IOException {
    Path zip = folder.resolve("b.zip");
    bundle.writeZip(zip);
    serve("/r/tiny.zip", Files.readAllBytes(zip), "\"z1\"");
    serveFolder("/r/signs/");
    serve(
        "/r/index.json",
        new RepositoryIndex(
                Map.of(
                    "signs", new RepositoryIndex.Entry("signs/", bundle.digest(), 5000),
                    "tiny", new RepositoryIndex.Entry("tiny.zip", bundle.digest(), 5000)))
            .toJson(),
        "\"i1\"");
    assertThat(bundles().open(address("/r/index.json#signs")).digest()).isEqualTo(bundle.digest());
    int before = askedInAll();
    assertThat(bundles().open(address("/r/#signs")).digest()).isEqualTo(bundle.digest());
    assertThat(askedInAll()).as("not modified").isEqualTo(before + 1);
    assertThat(bundles().open(address("/r/#tiny")).digest()).isEqualTo(bundle.digest());
    assertThat(asked("/r/tiny.zip")).as("the same bundle is there already").isZero();
    assertFails(
        () -> bundles().open(address("/r/#other")), Reason.ABSENT, "'other'", "signs, tiny");
    assertFails(() -> bundles().open(address("/r/index.json")), Reason.ABSENT, "several");
  }

  @Test
  void waitsForASlowServerThatMovesOn() throws IOException {
    serveFolder("/b/");
    byte[] backbone = bundle.file(Bundle.BACKBONE);
    server.stubFor(
        get("/b/" + Bundle.BACKBONE)
            .willReturn(aResponse().withBody(backbone).withChunkedDribbleDelay(8, 900)));
    assertThat(bundles().open(address("/b/")).digest()).isEqualTo(bundle.digest());
    assertThat(timing.pauses).isEmpty();
  }

  @Test
  void givesUpOnAServerThatSaysNothing() throws IOException {
    server.stubFor(any(anyUrl()).willReturn(aResponse().withFixedDelay(3_000)));
    assertFails(
        () -> bundles().open(address("/b/")), Reason.UNREACHABLE, "no answer within 700 ms");
    assertThat(timing.pauses).hasSize(2);
    assertThat(timing.pauses.get(1)).isGreaterThan(timing.pauses.get(0).dividedBy(2));
  }

  @Test
  void asksAgainAfterAResetAndAfterServerErrors() throws IOException {
    serveFolder("/b/");
    server.stubFor(
        get("/b/bundle.json")
            .inScenario("rough")
            .whenScenarioStateIs(Scenario.STARTED)
            .willReturn(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER))
            .willSetStateTo("reset"));
    server.stubFor(
        get("/b/bundle.json")
            .inScenario("rough")
            .whenScenarioStateIs("reset")
            .willReturn(aResponse().withStatus(503))
            .willSetStateTo("well"));
    assertThat(bundles().open(address("/b/")).digest()).isEqualTo(bundle.digest());
    // Java's client may ask again by itself after a reset; after a 503 it is up to us.
    assertThat(timing.pauses).hasSizeBetween(1, 2);
  }

  @Test
  void givesUpWhenTheConnectionBreaksAgainAndAgain() {
    server.stubFor(any(anyUrl()).willReturn(aResponse().withFault(Fault.RANDOM_DATA_THEN_CLOSE)));
    assertFails(() -> bundles().open(address("/b/")), Reason.UNREACHABLE, "(3 tries)");
    server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(502)));
    assertFails(() -> bundles().open(address("/b/")), Reason.UNREACHABLE, "502 (3 tries)");
  }

  @Test
  void goesOnWhereTheConnectionBroke() throws IOException {
    try (RoughServer rough = rough("/b/")) {
      String path = "/b/" + Bundle.BACKBONE;
      int size = bundle.file(Bundle.BACKBONE).length;
      rough.cuts.put(path, size / 2);
      assertThat(bundles().open(rough.address("/b/")).digest()).isEqualTo(bundle.digest());
      assertThat(rough.requests)
          .contains(path, path + " bytes=" + size / 2 + "- if-range \"" + path + "\"");
      assertThat(rough.count(path)).isEqualTo(2);
    }
  }

  @Test
  void goesOnInAnotherProcessWhereThisOneEnded() throws IOException {
    Path zip = folder.resolve("b.zip");
    bundle.writeZip(zip);
    byte[] bytes = Files.readAllBytes(zip);
    try (RoughServer rough = new RoughServer()) {
      rough.files.put("/b.zip", bytes);
      rough.etags.put("/b.zip", "\"z\"");
      rough.cuts.put("/b.zip", 1000);
      FetchLimits once =
          new FetchLimits(
              1 << 24,
              1 << 24,
              100,
              4,
              3,
              Duration.ofSeconds(2),
              Duration.ofMillis(700),
              1,
              Duration.ofMillis(100),
              Duration.ofSeconds(60),
              Duration.ofSeconds(20));
      assertFails(() -> bundles(once).open(rough.address("/b.zip")), Reason.UNREACHABLE, "/b.zip");
      assertThat(bundles(once).open(rough.address("/b.zip")).digest()).isEqualTo(bundle.digest());
      assertThat(rough.requests).containsExactly("/b.zip", "/b.zip bytes=1000- if-range \"z\"");
    }
  }

  private RoughServer rough(String path) throws IOException {
    RoughServer rough = new RoughServer();
    rough.files.put(path + "bundle.json", original("bundle.json"));
    for (String file : bundle.paths()) {
      rough.files.put(path + file, bundle.file(file));
      rough.etags.put(path + file, "\"" + path + file + "\"");
    }
    return rough;
  }

  @Test
  void startsAnewWhereRangesAreIgnored() throws IOException {
    try (RoughServer rough = rough("/b/")) {
      String path = "/b/" + Bundle.BACKBONE;
      rough.cuts.put(path, 300);
      rough.ranges = false;
      assertThat(bundles().open(rough.address("/b/")).digest()).isEqualTo(bundle.digest());
      assertThat(rough.count(path + " bytes=300-")).isEqualTo(1);
    }
  }

  @Test
  void startsAnewWhenTheContentChangedBetweenTwoHalves() throws IOException {
    Bundle other = Others.withOtherTable(folder.resolve("other"));
    Path zip = folder.resolve("b.zip");
    bundle.writeZip(zip);
    try (RoughServer rough = new RoughServer()) {
      rough.files.put("/b.zip", Files.readAllBytes(zip));
      rough.etags.put("/b.zip", "\"one\"");
      rough.cuts.put("/b.zip", 1000);
      other.writeZip(zip);
      byte[] changed = Files.readAllBytes(zip);
      FakeTiming changing =
          new FakeTiming() {
            @Override
            public void pause(Duration duration) {
              rough.files.put("/b.zip", changed);
              rough.etags.put("/b.zip", "\"two\"");
            }
          };
      Bundles bundles =
          new Bundles(folder.resolve("cache"), LIMITS, changing, new SplittableRandom(5), heard);
      assertThat(bundles.open(rough.address("/b.zip")).digest()).isEqualTo(other.digest());
      assertThat(rough.requests).containsExactly("/b.zip", "/b.zip bytes=1000- if-range \"one\"");
    }
  }

  @Test
  void noticesTwoHalvesOfDifferentFilesWithoutETags() throws IOException {
    Bundle other = Others.withOtherTable(folder.resolve("other"));
    Path zip = folder.resolve("b.zip");
    bundle.writeZip(zip);
    try (RoughServer rough = new RoughServer()) {
      byte[] first = Files.readAllBytes(zip);
      rough.files.put("/b.zip", first);
      rough.cuts.put("/b.zip", first.length / 2);
      other.writeZip(zip);
      byte[] changed = Files.readAllBytes(zip);
      FakeTiming changing =
          new FakeTiming() {
            @Override
            public void pause(Duration duration) {
              rough.files.put("/b.zip", changed);
            }
          };
      Bundles bundles =
          new Bundles(folder.resolve("cache"), LIMITS, changing, new SplittableRandom(5), heard);
      assertThat(bundles.open(rough.address("/b.zip")).digest()).isEqualTo(other.digest());
      assertThat(rough.requests)
          .containsExactly("/b.zip", "/b.zip bytes=" + first.length / 2 + "-", "/b.zip");
    }
  }

  @Test
  void worksWithoutETags() throws IOException {
    serveFolder("/b/");
    server.stubFor(get("/b/bundle.json").willReturn(aResponse().withBody(original("bundle.json"))));
    bundles().open(address("/b/"));
    int before = askedInAll();
    assertThat(bundles().open(address("/b/")).digest()).isEqualTo(bundle.digest());
    assertThat(askedInAll()).as("the manifest alone").isEqualTo(before + 1);
  }

  @Test
  void refusesAFileOfAnotherLength() throws IOException {
    serveFolder("/b/");
    byte[] table = bundle.file("calibration.bin");
    serve("/b/calibration.bin", Arrays.copyOf(table, table.length + 1), "\"c\"");
    assertFails(
        () -> bundles().open(address("/b/")),
        Reason.CONTENT,
        "/b/calibration.bin",
        "more than 5 bytes instead of 5");
    server.stubFor(
        get("/b/calibration.bin")
            .willReturn(
                aResponse()
                    .withHeader("Content-Length", "6")
                    .withBody(Arrays.copyOf(table, table.length + 1))));
    assertFails(() -> bundles().open(address("/b/")), Reason.CONTENT, "has 6 bytes instead of 5");
    serve("/b/calibration.bin", Arrays.copyOf(table, 3), "\"c\"");
    assertFails(() -> bundles().open(address("/b/")), Reason.CONTENT, "has 3 bytes instead of 5");
    assertNothingCached();
  }

  @Test
  void refusesAFileOfAnotherDigest() throws IOException {
    serveFolder("/b/");
    byte[] table = bundle.file("calibration.bin");
    table[0] ^= 1;
    serve("/b/calibration.bin", table, "\"c\"");
    assertFails(
        () -> bundles().open(address("/b/")), Reason.DIGEST, "/b/calibration.bin", "SHA-256");
    assertNothingCached();
  }

  @Test
  void saysWhenThereIsNothingOrNotForUs() throws IOException {
    server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(404)));
    assertFails(() -> bundles().open(address("/b/")), Reason.ABSENT, "/b/bundle.json", "404");
    server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(403)));
    assertFails(() -> bundles().open(address("/b/")), Reason.FORBIDDEN, "/b/bundle.json", "403");
    server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(418)));
    assertFails(() -> bundles().open(address("/b/")), Reason.CONTENT, "418");
    assertThat(timing.pauses).isEmpty();
  }

  @Test
  void comesBackWhenAServerAsksToWait() throws IOException {
    serveFolder("/b/");
    busyOnce("7");
    assertThat(bundles().open(address("/b/")).digest()).isEqualTo(bundle.digest());
    assertThat(timing.pauses).containsExactly(Duration.ofSeconds(7));
    timing.pauses.clear();
    server.resetScenarios();
    busyOnce("Sat, 21 Nov 2026 04:00:30 GMT");
    bundles().open(address("/b/"));
    assertThat(timing.pauses).containsExactly(Duration.ofSeconds(30));
  }

  @Test
  void doesNotWaitForever() throws IOException {
    serveFolder("/b/");
    busyOnce("86400");
    assertFails(
        () -> bundles().open(address("/b/")), Reason.UNREACHABLE, "429", "86400 s", "try again");
    assertThat(timing.pauses).isEmpty();
  }

  private static void busyOnce(String retryAfter) {
    server.stubFor(
        get("/b/bundle.json")
            .inScenario("busy")
            .whenScenarioStateIs(Scenario.STARTED)
            .willReturn(aResponse().withStatus(429).withHeader("Retry-After", retryAfter))
            .willSetStateTo("free"));
  }

  private static void redirect(String from, String to) {
    server.stubFor(get(from).willReturn(aResponse().withStatus(302).withHeader("Location", to)));
  }

  @Test
  void followsRedirectsToAPoint() throws IOException {
    serveFolder("/b/");
    redirect("/a/bundle.json", "/a2/bundle.json");
    redirect("/a2/bundle.json", address("/b/bundle.json"));
    for (String path : bundle.paths()) {
      redirect("/a/" + path, "/b/" + path);
    }
    assertThat(bundles().open(address("/a/")).digest()).isEqualTo(bundle.digest());
    redirect("/c/bundle.json", "/d/bundle.json");
    redirect("/d/bundle.json", "/c/bundle.json");
    assertFails(() -> bundles().open(address("/c/")), Reason.REDIRECT, "circle");
    for (int i = 0; i < 5; i++) {
      redirect("/e" + i + "/bundle.json", "/e" + (i + 1) + "/bundle.json");
    }
    assertFails(() -> bundles().open(address("/e0/")), Reason.REDIRECT, "more than 3 times");
    redirect("/f/bundle.json", "file:///etc/passwd");
    assertFails(() -> bundles().open(address("/f/")), Reason.REDIRECT, "no address");
    server.stubFor(get("/g/bundle.json").willReturn(aResponse().withStatus(301)));
    assertFails(() -> bundles().open(address("/g/")), Reason.REDIRECT, "no address");
  }

  @Test
  void stopsAnEndlessBody() throws IOException {
    try (RoughServer rough = rough("/b/")) {
      rough.endless.put("/e/bundle.json", true);
      assertFails(
          () -> bundles().open(rough.address("/e/")),
          Reason.TOO_LARGE,
          "/e/bundle.json",
          "8388608");
      rough.endless.put("/e.zip", true);
      assertFails(
          () -> bundles().open(rough.address("/e.zip")), Reason.TOO_LARGE, "/e.zip", "16777216");
      rough.endless.put("/b/calibration.bin", true);
      assertFails(
          () -> bundles().open(rough.address("/b/")),
          Reason.CONTENT,
          "/b/calibration.bin",
          "more than 5");
    }
  }

  @Test
  void boundsAllFilesTogether() throws IOException {
    serveFolder("/b/");
    FetchLimits few =
        new FetchLimits(
            1 << 20,
            1 << 20,
            2,
            4,
            3,
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            3,
            Duration.ofMillis(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    assertFails(() -> bundles(few).open(address("/b/")), Reason.TOO_LARGE, "6 files");
    FetchLimits small =
        new FetchLimits(
            1 << 20,
            1000,
            20,
            4,
            3,
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            3,
            Duration.ofMillis(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    assertFails(() -> bundles(small).open(address("/b/")), Reason.TOO_LARGE, "bytes");
    assertThat(askedInAll()).as("manifests alone").isEqualTo(2);
  }

  @Test
  void servesTheLastGoodCopyWhenTheServerIsGone() throws IOException {
    WireMockServer other = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    other.start();
    String gone = "http://127.0.0.1:" + other.port() + "/b.zip";
    try {
      Path zip = folder.resolve("b.zip");
      bundle.writeZip(zip);
      other.stubFor(get("/b.zip").willReturn(aResponse().withBody(Files.readAllBytes(zip))));
      bundles().open(gone);
    } finally {
      other.stop();
    }
    timing.now = FakeTiming.NOW.plus(Duration.ofDays(3));
    assertThat(bundles().open(gone).digest()).isEqualTo(bundle.digest());
    assertThat(heard.warnings)
        .singleElement()
        .asString()
        .contains(gone, "no connection", "last good copy, of 2026-11-21T04:00:00Z")
        .contains(bundle.digest().substring(0, 12));
    assertFails(
        () -> bundles().open(gone.replace("b.zip", "c.zip")), Reason.UNREACHABLE, "no connection");
    assertFails(
        () -> bundles().open(gone + "#sha256=" + "0".repeat(64)),
        Reason.UNREACHABLE,
        "no connection");
  }

  @Test
  void servesTheLastGoodCopyInsteadOfWhatIsNoBundle() throws IOException {
    serveFolder("/b/");
    bundles().open(address("/b/"));
    byte[] half = Arrays.copyOf(original("bundle.json"), 700);
    serve("/b/bundle.json", half, "\"m2\"");
    assertThat(bundles().open(address("/b/")).digest()).isEqualTo(bundle.digest());
    assertThat(heard.warnings).singleElement().asString().contains("broken JSON", "last good copy");
    server.stubFor(get("/b/bundle.json").willReturn(aResponse().withStatus(404)));
    assertFails(() -> bundles().open(address("/b/")), Reason.ABSENT, "404");
    serve("/c/bundle.json", half, "\"m2\"");
    assertFails(() -> bundles().open(address("/c/")), Reason.CONTENT, "/c/bundle.json", "JSON");
  }

  @Test
  void refusesATruncatedIndexAndOneThatLeadsElsewhere() throws IOException {
    String whole =
        new String(
            new RepositoryIndex(
                    Map.of("signs", new RepositoryIndex.Entry("signs/", bundle.digest(), 1)))
                .toJson(),
            StandardCharsets.UTF_8);
    for (String broken :
        List.of(
            "",
            whole.substring(0, whole.length() / 2),
            "[]",
            "{}",
            whole.replace("signs/", "../signs/"),
            whole.replace("signs/", "http://evil/"),
            whole.replace(bundle.digest(), "12"),
            whole.replace("\"bytes\" : 1", "\"bytes\" : -1"),
            "<html>please log in</html>",
            "[".repeat(100_000))) {
      assertThat(broken).isNotEqualTo(whole);
      serve("/r/index.json", broken.getBytes(StandardCharsets.UTF_8), "\"i\"");
      assertThatThrownBy(() -> bundles().open(address("/r/#signs")))
          .as(broken.substring(0, Math.min(50, broken.length())))
          .isInstanceOf(RepositoryException.class)
          .message()
          .contains("/r/index.json")
          .doesNotContain("com.fasterxml", "StreamRead");
    }
    serve(
        "/r/index.json",
        whole
            .replace("\"schemaVersion\" : 1", "\"schemaVersion\" : 9")
            .getBytes(StandardCharsets.UTF_8),
        "\"i\"");
    assertFails(() -> bundles().open(address("/r/#signs")), Reason.CONTENT, "newer");
  }

  @Test
  void letsAPinnedDigestDecide() throws IOException {
    serveFolder("/b/");
    String pinned = address("/b/") + "#sha256=" + bundle.digest();
    assertFails(
        () -> bundles().open(address("/b/") + "#sha256=" + "0".repeat(64)),
        Reason.DIGEST,
        bundle.digest(),
        "0".repeat(64));
    assertThat(bundles().open(pinned).digest()).isEqualTo(bundle.digest());
    int before = askedInAll();
    assertThat(bundles().open(pinned).digest()).isEqualTo(bundle.digest());
    assertThat(askedInAll()).as("no server is needed").isEqualTo(before);
  }

  @Test
  void refusesAnIndexThatPromisesAnotherBundle() throws IOException {
    serveFolder("/r/signs/");
    serve(
        "/r/index.json",
        new RepositoryIndex(Map.of("signs", new RepositoryIndex.Entry("signs/", "1".repeat(64), 1)))
            .toJson(),
        "\"i\"");
    assertFails(() -> bundles().open(address("/r/#signs")), Reason.DIGEST, bundle.digest());
    assertFails(
        () -> bundles().open(address("/r/#signs&sha256=" + bundle.digest())),
        Reason.DIGEST,
        "1".repeat(64));
  }

  @Test
  void fetchesADamagedCopyAgain() throws IOException {
    serveFolder("/b/");
    bundles().open(address("/b/"));
    Path table =
        folder.resolve("cache/bundles").resolve(bundle.digest()).resolve("calibration.bin");
    byte[] content = Files.readAllBytes(table);
    content[0] ^= 1;
    Files.write(table, content);
    assertThat(bundles().open(address("/b/")).digest()).isEqualTo(bundle.digest());
    assertThat(heard.warnings).singleElement().asString().contains("damaged");
    assertThat(asked("/b/calibration.bin")).isEqualTo(2);
    assertThat(asked("/b/" + Bundle.BACKBONE)).isEqualTo(1);
  }

  @Test
  void refusesAnEncodingThatNobodyAskedFor() throws IOException {
    serveFolder("/b/");
    server.stubFor(
        get("/b/bundle.json")
            .willReturn(
                aResponse()
                    .withHeader("Content-Encoding", "gzip")
                    .withBody(original("bundle.json"))));
    assertFails(() -> bundles().open(address("/b/")), Reason.CONTENT, "gzip");
  }

  @Test
  void keepsCredentialsForTheServerThatTheyAreFor() throws IOException {
    WireMockServer other = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    other.start();
    try {
      other.stubFor(
          get(urlPathEqualTo("/bundle.json"))
              .withHeader("Authorization", absent())
              .willReturn(aResponse().withBody(original("bundle.json"))));
      serveFolder("/b/");
      redirect("/b/bundle.json?token=secret", "http://127.0.0.1:" + other.port() + "/bundle.json");
      String address = address("/b/?token=secret").replace("http://", "http://user:pass@");
      assertThat(bundles().open(address).digest()).isEqualTo(bundle.digest());
      server.verify(
          getRequestedFor(urlEqualTo("/b/calibration.bin?token=secret"))
              .withHeader("Authorization", equalTo("Basic dXNlcjpwYXNz")));
      assertThat(heard.lines + " " + heard.warnings)
          .doesNotContain("pass")
          .doesNotContain("secret");
      server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(401)));
      assertThatThrownBy(() -> bundles().open(address))
          .message()
          .contains("/b/bundle.json")
          .doesNotContain("secret")
          .doesNotContain("user:pass");
      try (Stream<Path> files = Files.walk(folder.resolve("cache/addresses"))) {
        for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
          assertThat(Files.readString(file)).doesNotContain("secret").doesNotContain("pass");
        }
      }
    } finally {
      other.stop();
    }
  }

  @Test
  void fetchesOnceForManyThreads() throws Exception {
    serveFolder("/b/");
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try {
      Bundles shared =
          new Bundles(
              folder.resolve("cache"),
              LIMITS,
              Timing.system(),
              RandomGenerator.getDefault(),
              heard);
      List<Future<String>> digests =
          Stream.generate(() -> threads.submit(() -> shared.open(address("/b/")).digest()))
              .limit(6)
              .toList();
      for (Future<String> digest : digests) {
        assertThat(digest.get()).isEqualTo(bundle.digest());
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(asked("/b/" + Bundle.BACKBONE)).isEqualTo(1);
  }

  @Test
  void fetchesOnceForTwoProcesses() throws Exception {
    serveFolder("/b/");
    server.stubFor(
        get("/b/" + Bundle.BACKBONE)
            .willReturn(aResponse().withBody(bundle.file(Bundle.BACKBONE)).withFixedDelay(500)));
    List<Process> both = List.of(process(), process());
    for (Process one : both) {
      String said = new String(one.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(one.waitFor()).as(said).isZero();
      assertThat(said).contains("digest " + bundle.digest());
    }
    assertThat(asked("/b/" + Bundle.BACKBONE)).isEqualTo(1);
    assertThat(asked("/b/bundle.json")).isEqualTo(2);
  }

  private Process process() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            FetchProgram.class.getName(),
            address("/b/"),
            folder.resolve("cache").toString())
        .redirectErrorStream(true)
        .start();
  }

  @Test
  void sweepsUpWhatCrashedLongAgo() throws IOException {
    serveFolder("/b/");
    Path left = Files.createDirectories(folder.resolve("cache/partial/new-123/exits"));
    Files.writeString(left.resolve("1.onnx"), "half");
    timing.now = Instant.now().plus(Duration.ofDays(8));
    bundles().open(address("/b/"));
    assertThat(folder.resolve("cache/partial/new-123")).doesNotExist();
  }

  @Test
  void namesTheCacheThatCannotBeMade() throws IOException {
    serveFolder("/b/");
    Files.writeString(folder.resolve("cache"), "a file");
    assertFails(() -> bundles().open(address("/b/")), Reason.CACHE, "cache", "sluice.cache");
  }

  @Test
  void findsTheUsersCache() {
    assertThat(Bundles.usualCache("/x", "/y")).isEqualTo(Path.of("/x"));
    assertThat(Bundles.usualCache(null, "/y")).isEqualTo(Path.of("/y/sluice/bundles"));
    assertThat(Bundles.usualCache(" ", "relative"))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".cache/sluice/bundles"));
  }

  @Test
  void doesNotStartAnewForEverWhereEveryAnswerBreaksAndLies() throws IOException {
    try (RoughServer rough = rough("/b/")) {
      byte[] other = bundle.file(Bundle.BACKBONE);
      other[other.length - 1] ^= 1;
      rough.files.put("/b/backbone.onnx", other);
      rough.etags.put("/b/backbone.onnx", "\"x\"");
      rough.halves.put("/b/backbone.onnx", 20);
      assertFails(() -> bundles().open(rough.address("/b/")), Reason.DIGEST, "backbone.onnx");
      assertThat(rough.count("/b/backbone.onnx")).isLessThan(8);

      rough.files.put("/x.zip", other);
      rough.etags.put("/x.zip", "\"x\"");
      rough.halves.put("/x.zip", 20);
      assertFails(() -> bundles().open(rough.address("/x.zip")), Reason.CONTENT, "/x.zip");
      assertThat(rough.count("/x.zip")).isLessThan(8);
    }
  }

  @Test
  void refusesRedirectsToPortsThatAreNone() {
    redirect("/p/bundle.json", "http://127.0.0.1:99999/bundle.json");
    assertFails(() -> bundles().open(address("/p/")), Reason.REDIRECT, "no address");
  }

  @Test
  void noticesThatEncryptionIsGivenUpHoweverSchemesAreWritten() {
    URI plain = URI.create("http://h/");
    for (String secure : List.of("https://h/", "HTTPS://h/", "Https://h/")) {
      assertThat(HttpFetcher.givesUpEncryption(URI.create(secure), plain)).isTrue();
      assertThat(HttpFetcher.givesUpEncryption(plain, URI.create(secure))).isFalse();
      assertThat(HttpFetcher.givesUpEncryption(URI.create(secure), URI.create("HTTPS://h/x")))
          .isFalse();
    }
  }

  @Test
  void refusesAnIndexWhoseNamesWouldWriteLinesOfTheirOwn() {
    String index =
        "{\"schemaVersion\":1,\"bundles\":{\"a\\n\\u001b[2Jroot\":{\"path\":\"a/\",\"digest\":\"%s\",\"bytes\":1}}}"
            .formatted("0".repeat(64));
    serve("/r/index.json", index.getBytes(StandardCharsets.UTF_8), "\"i\"");
    assertThatThrownBy(() -> bundles().open(address("/r/#signs")))
        .isInstanceOfSatisfying(
            RepositoryException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CONTENT))
        .message()
        .doesNotContain("\n", "\u001b");
  }

  @Test
  void waitsForItselfWhereALinkLeadsToTheSameCache() throws Exception {
    Path real = Files.createDirectories(folder.resolve("real"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), real);
    FetchLimits hasty =
        new FetchLimits(
            1, 1, 1, 1, 0, POINT, POINT, 1, POINT, Duration.ofSeconds(1), Duration.ofNanos(1));
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (BundleCache.Held held = new BundleCache(real).lock("key", "it", hasty, timing, () -> {})) {
      assertThat(held).isNotNull();
      Future<?> second =
          other.submit(() -> new BundleCache(link).lock("key", "it", hasty, timing, () -> {}));
      assertThatThrownBy(second::get).hasCauseInstanceOf(RepositoryException.class);
    } finally {
      other.shutdownNow();
    }
  }
}
