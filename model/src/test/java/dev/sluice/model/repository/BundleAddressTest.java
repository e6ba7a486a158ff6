package dev.sluice.model.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BundleAddressTest {
  private static final String HEX = "0123456789abcdef".repeat(4);

  @ParameterizedTest
  @CsvSource({
    "http://h/a, FOLDER, http://h/a/",
    "http://h/a/, FOLDER, http://h/a/",
    "http://h, FOLDER, http://h/",
    "HTTP://H:8080/a/bundle.json, FOLDER, http://h:8080/a/",
    "https://h/a.zip, ZIP, https://h/a.zip",
    "http://h/a.ZIP?x=1, ZIP, http://h/a.ZIP?x=1",
    "http://h/index.json#roadsigns, INDEX, http://h/index.json",
    "http://h/all.json, INDEX, http://h/all.json",
    "http://h/repo/#roadsigns, INDEX, http://h/repo/index.json",
    "http://[::1]:80/a/, FOLDER, http://[::1]:80/a/",
  })
  void knowsWhatStandsThere(String text, BundleAddress.Kind kind, String uri) throws Exception {
    BundleAddress address = BundleAddress.parse(text);
    assertThat(BundleAddress.isAddress(text)).isTrue();
    assertThat(address.kind()).isEqualTo(kind);
    assertThat(address.uri()).hasToString(uri);
  }

  @Test
  void readsNameAndPin() throws Exception {
    BundleAddress address = BundleAddress.parse("http://h/i.json#signs&sha256=" + HEX);
    assertThat(address.name()).contains("signs");
    assertThat(address.pin()).contains(HEX);
    assertThat(address.key()).isEqualTo(BundleAddress.parse("http://h/i.json#signs").key());
    assertThat(BundleAddress.parse("http://h/a/#sha256=" + HEX).kind())
        .isEqualTo(BundleAddress.Kind.FOLDER);
  }

  @Test
  void findsFilesBelowItsFolder() throws Exception {
    BundleAddress folder = BundleAddress.parse("http://h/a b/".replace(" ", "%20"));
    assertThat(folder.manifest()).hasToString("http://h/a%20b/bundle.json");
    assertThat(folder.file("codecs/2 ü/encoder.onnx"))
        .hasToString("http://h/a%20b/codecs/2%20%C3%BC/encoder.onnx");
    BundleAddress signed = BundleAddress.parse("http://h/a/?token=secret");
    assertThat(signed.file("x.bin")).hasToString("http://h/a/x.bin?token=secret");
    assertThat(signed.shown()).isEqualTo("http://h/a/");
    BundleAddress index = BundleAddress.parse("http://h/r/index.json#x");
    assertThat(index.bundle("x/", HEX).uri()).hasToString("http://h/r/x/");
    assertThat(index.bundle("x.zip", HEX).kind()).isEqualTo(BundleAddress.Kind.ZIP);
  }

  @Test
  void neverShowsCredentials() throws Exception {
    BundleAddress address = BundleAddress.parse("https://user:pass@h/a/?token=secret");
    assertThat(address.shown()).isEqualTo("https://h/a/");
    assertThat(address.authorization()).contains("Basic dXNlcjpwYXNz");
    assertThat(address.uri().toString()).doesNotContain("pass");
    assertThatThrownBy(() -> BundleAddress.parse("http://user:pass@h/a b"))
        .isInstanceOf(RepositoryException.class)
        .message()
        .doesNotContain("pass");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http:///a/",
        "http://h/a/#sha256=123",
        "http://h/a.zip#name",
        "http://h/bundle.json#name",
        "http://h/index.json#../x",
        "http://h/a|b",
        "http://h:99999/a/",
        "http://h:0/a/",
      })
  void refusesWhatIsNone(String text) {
    assertThatThrownBy(() -> BundleAddress.parse(text))
        .isInstanceOfSatisfying(
            RepositoryException.class,
            e -> assertThat(e.reason()).isEqualTo(RepositoryException.Reason.ADDRESS))
        .hasMessageContaining("; give ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"bundles/x", "/tmp/http://x", "ftp://h/x", "C:\\x", "http", ""})
  void leavesPathsAlone(String text) {
    assertThat(BundleAddress.isAddress(text)).isFalse();
  }
}
