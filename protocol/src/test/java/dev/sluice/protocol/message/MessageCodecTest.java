package dev.sluice.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.Output;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class MessageCodecTest {
  static Stream<Message> messages() {
    LoadReport load = new LoadReport(7, 0.25, 1.5);
    return Stream.of(
        new Hello(2, "device ü", "ab".repeat(32)),
        new Hello(
            2,
            "device",
            List.of("ab".repeat(32), "cd".repeat(32)),
            "s3cret",
            List.of("f32", "round-i8+range"),
            List.of(Features.LOAD)),
        new Welcome(2, "worker", new Limits(4096, 1 << 20, 8), load),
        new Welcome(
            2,
            "worker",
            new Limits(4096, 1 << 20, 8, 1L << 40),
            load,
            List.of("ab".repeat(32)),
            List.of("f32"),
            List.of(Features.PARTIALS)),
        new Answer(
            5,
            3,
            List.of(new ClassScore(999, 0.5f), new ClassScore(0, 0.25f)),
            0.5,
            new WorkerStamps(-5, 10, 9, Long.MAX_VALUE / 2, 12),
            load,
            new Arrival(60_000, 480_000_000)),
        new Partial(5, 2, List.of(new ClassScore(7, 0.5f)), 0.5),
        new Load(load),
        new Refusal(5, ErrorCode.OVERLOADED, "later", 1_000_000),
        new Cancel(5),
        new Ping(-1),
        new Pong(Long.MIN_VALUE, -77, load),
        new Goodbye("night"),
        new Goodbye("deploy", 77, 5_000_000_000L));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void readsWhatItWrites(Message message) throws Exception {
    MessageCodec codec = new MessageCodec();
    byte[] body = codec.encode(message);
    assertThat(codec.decode(message.type(), message.requestId(), body, 0, body.length))
        .isEqualTo(message);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void refusesAMessageCutAtAnyIndex(Message message) {
    MessageCodec codec = new MessageCodec();
    byte[] body = codec.encode(message);
    for (int length = 0; length < body.length; length++) {
      int cut = length;
      assertThatThrownBy(() -> codec.decode(message.type(), message.requestId(), body, 0, cut))
          .as("cut to %d of %d bytes", cut, body.length)
          .isInstanceOfSatisfying(
              ProtocolException.class,
              fault -> assertThat(fault.scope()).isEqualTo(ProtocolException.Scope.CONNECTION));
    }
  }

  @ParameterizedTest
  @MethodSource("messages")
  void skipsFieldsThatANewerPeerAddsAndRefusesStrayBytes(Message message) throws Exception {
    MessageCodec codec = new MessageCodec();
    byte[] body = codec.encode(message);
    byte[] longer = Arrays.copyOf(body, body.length + 3);
    assertThatThrownBy(
            () -> codec.decode(message.type(), message.requestId(), longer, 0, longer.length))
        .isInstanceOf(ProtocolException.class);
    longer[1]++;
    assertThat(codec.decode(message.type(), message.requestId(), longer, 0, longer.length))
        .isEqualTo(message);
  }

  @Test
  void givesDefaultsToFieldsThatAnOlderPeerDoesNotSend() throws Exception {
    MessageCodec codec = new MessageCodec();
    byte[] hello = HexFormat.of().parseHex("130201" + "0163");
    assertThat(codec.decode(MessageType.HELLO, 0, hello, 0, hello.length))
        .isEqualTo(new Hello(1, "c", ""));
    byte[] refusal = HexFormat.of().parseHex("170108");
    assertThat(codec.decode(MessageType.REFUSAL, 4, refusal, 0, refusal.length))
        .isEqualTo(new Refusal(4, ErrorCode.OVERLOADED, "", 0));
  }

  @Test
  void neverShowsAToken() {
    Hello hello = new Hello(2, "device", "ab").withToken("s3cret");
    assertThat(hello.token()).isEqualTo("s3cret");
    assertThat(hello.toString()).doesNotContain("s3cret").contains("token=hidden");
    assertThat(new Hello(2, "device", "ab").toString()).contains("token=none");
    assertThatThrownBy(() -> hello.withToken("s3cret".repeat(200)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void namesAModelByItsPlaceInTheHello() throws Exception {
    MessageCodec codec = new MessageCodec();
    codec.shareDigests(List.of("first", "second"));
    for (String digest : List.of("first", "second", "another")) {
      InferHeader header =
          new InferHeader(
              9, digest, 2, "f32", ExitRule.NONE, 0, 0, false, SendStamp.UNKNOWN, List.of(4));
      byte[] body = codec.encode(header);
      assertThat(codec.decodeInfer(9, body, 0, body.length)).isEqualTo(header);
    }
    byte[] third =
        HexFormat.of().parseHex("1507" + "0102" + "02" + "03663332" + "01000104" + "0000");
    assertThatThrownBy(() -> codec.decodeInfer(9, third, 0, third.length))
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("model 2 of 2");
  }

  @Test
  void refusesAGreetingThatDoesNotFitAFrame() {
    List<String> many = java.util.Collections.nCopies(64, "x".repeat(200));
    assertThatThrownBy(() -> new Hello(2, "device", List.of(), "", many, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("do not fit");
  }

  @Test
  void readsAnUnknownErrorCodeAsInternal() throws Exception {
    byte[] refusal = HexFormat.of().parseHex("17017f");
    assertThat(new MessageCodec().decode(MessageType.REFUSAL, 4, refusal, 0, refusal.length))
        .isEqualTo(new Refusal(4, ErrorCode.INTERNAL, "", 0));
  }

  @Test
  void carriesARequestsHeader() throws Exception {
    MessageCodec codec = new MessageCodec();
    InferHeader header =
        new InferHeader(
            77,
            "cd".repeat(32),
            6,
            "klt-s1.0",
            new ExitRule(1, List.of(new ExitThreshold(2, 0.9), new ExitThreshold(4, 0.125))),
            123_456_789,
            9,
            true,
            new SendStamp(-5_000_000, 80_000),
            List.of(0, 1, 70_000));
    byte[] body = codec.encode(header);
    assertThat(codec.decodeInfer(77, body, 0, body.length)).isEqualTo(header);
    codec.shareDigests(List.of("cd".repeat(32)));
    byte[] shorter = codec.encode(header);
    assertThat(shorter).hasSize(body.length - 64);
    assertThat(codec.decodeInfer(77, shorter, 0, shorter.length)).isEqualTo(header);
  }

  private static InferHeader header(ExitRule rule) {
    return new InferHeader(9, "", 2, "f32", rule, 300, 4, false, SendStamp.UNKNOWN, List.of(4));
  }

  private static final ExitRule LISTED =
      ExitRule.listed(
          List.of(
              new ExitOrder(2, ExitOrder.PATIENCE, List.of(2.0)),
              new ExitOrder(3, ExitOrder.PER_CLASS, List.of(0.5, Double.POSITIVE_INFINITY)),
              new ExitOrder(4, ExitOrder.ALWAYS, List.of()),
              new ExitOrder(5, 200, List.of(1.0, 2.0))),
          new ExitProgress(0, 3));

  @Test
  void carriesAnOrderForEachExitAndWhatTheDeviceSaw() throws Exception {
    MessageCodec codec = new MessageCodec();
    for (ExitRule rule :
        List.of(
            LISTED,
            ExitRule.listed(List.of(), ExitProgress.NONE),
            ExitRule.listed(
                List.of(new ExitOrder(0, ExitOrder.TRUST, List.of(1.5))),
                new ExitProgress(999, 255)))) {
      byte[] body = codec.encode(header(rule));
      assertThat(codec.decodeInfer(9, body, 0, body.length)).isEqualTo(header(rule));
    }
  }

  @Test
  void writesOrdersAfterTheFieldsOfTheFirstVersion() {
    byte[] body =
        new MessageCodec()
            .encode(
                header(
                    ExitRule.listed(
                        List.of(new ExitOrder(3, ExitOrder.PATIENCE, List.of(2.0))),
                        new ExitProgress(5, 1))));
    assertThat(HexFormat.of().formatHex(body))
        .isEqualTo(
            "1509" // Infer, nine fields
                + "00" // the Hello's digest
                + "02" // cut
                + "03663332" // f32
                + "0200" // rule kind 2, no thresholds
                + "0104" // one payload of 4 bytes
                + "ac02" // 300 ns
                + "04" // priority
                + "01" // one order:
                + "0304" // exit 3, patience
                + "010000000000000040" // one value, 2.0
                + "0601"); // class 5 was predicted, once unchanged
  }

  @Test
  void writesTop1ThresholdsAsTheFirstVersionDid() {
    byte[] body =
        new MessageCodec().encode(header(new ExitRule(1, List.of(new ExitThreshold(3, 0.5)))));
    assertThat(HexFormat.of().formatHex(body))
        .startsWith("1507")
        .endsWith("0101" + "03000000000000e03f" + "0104" + "ac02" + "04");
  }

  @Test
  void refusesListedOrdersCutAtAnyIndex() {
    MessageCodec codec = new MessageCodec();
    byte[] body = codec.encode(header(LISTED));
    for (int length = 0; length < body.length; length++) {
      int cut = length;
      assertThatThrownBy(() -> codec.decodeInfer(9, body, 0, cut))
          .as("cut to %d of %d bytes", cut, body.length)
          .isInstanceOf(ProtocolException.class);
    }
  }

  @Test
  void refusesOrdersWithHostileNumbers() {
    String start = "1509" + "00" + "02" + "03663332" + "0200" + "0104" + "ac02" + "04";
    String two = "01" + "0000000000000040";
    for (String hex :
        List.of(
            "01" + "0304" + "01" + "000000000000f0bf" + "0601", // -1
            "01" + "0304" + "01" + "000000000000f87f" + "0601", // NaN
            "01" + "0304" + "ffffffff07" + "0601", // 2,147,483,647 values
            "01" + "0304" + "8507" + "0601", // 901 values
            "01" + "0300" + two + "0601", // kind 0
            "02" + "0304" + two + "0304" + two + "0601", // exit 3 twice
            "02" + "0404" + two + "0304" + two + "0601", // exits descend
            "ff" + "0304" + two + "0601", // 255 orders
            "01" + "0304" + two + "0001", // unchanged without a prediction
            "01" + "0304" + two + "ffffffff0f01")) { // predicted class -2
      byte[] body = HexFormat.of().parseHex(start + hex);
      assertThatThrownBy(() -> new MessageCodec().decodeInfer(9, body, 0, body.length))
          .as(hex)
          .isInstanceOf(ProtocolException.class)
          .hasMessageStartingWith("damaged InferHeader: ");
    }
  }

  @Test
  void refusesRulesThatContradictThemselves() {
    ExitOrder order = new ExitOrder(1, ExitOrder.MARGIN, List.of(0.5));
    assertThatThrownBy(() -> new ExitRule(1, List.of(), List.of(order), ExitProgress.NONE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () ->
                new ExitRule(
                    2, List.of(new ExitThreshold(1, 0.5)), List.of(order), ExitProgress.NONE))
        .isInstanceOf(IllegalArgumentException.class);
    List<Double> many = java.util.Collections.nCopies(500, 0.5);
    assertThatThrownBy(
            () ->
                ExitRule.listed(
                    List.of(
                        new ExitOrder(1, ExitOrder.PER_CLASS, many),
                        new ExitOrder(2, ExitOrder.PER_CLASS, many)),
                    ExitProgress.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1000");
  }

  @Test
  void refusesARequestsHeaderWhoseNumbersAreOutOfRange() {
    String rule = "0101030000" + "00000000e03f";
    String payload = "0104";
    for (String hex :
        List.of(
            "1507" + "00" + "f0a204" + "03663332" + rule + payload + "ac0204", // cut 70,000
            "1507" + "00" + "02" + "03663332" + rule + payload + "ff".repeat(9) + "04", // -1 ns
            "1507" + "00" + "02" + "03663332" + rule + "01ffffffff0f" + "ac0204", // -1 bytes
            "1507" + "00" + "02" + "03663332" + rule + "00" + "ac0204", // no payload
            "1507" + "00" + "02" + "03663332" + rule + "41" + "04".repeat(65) + "ac0204")) { // 65
      byte[] body = HexFormat.of().parseHex(hex);
      assertThatThrownBy(() -> new MessageCodec().decodeInfer(9, body, 0, body.length))
          .as(hex)
          .isInstanceOf(ProtocolException.class)
          .hasMessageStartingWith("damaged InferHeader: ");
    }
  }

  @Test
  void refusesClassesThatAreNotRegisteredAndNamesOfClasses() {
    MessageCodec codec = new MessageCodec();
    Output name = new Output(200);
    name.writeVarInt(1, true);
    name.writeVarInt(0, true);
    name.writeString("java.util.HashMap");
    byte[][] bodies = {
      {(byte) 0xC8, 0x01, 1, 0, 0, 0, 0, 0, 0, 0, 0}, // class id 198
      {0}, // null
      {2, 1}, // Kryo's own int
      {3, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 7}, // a String of 2 G characters
      {0x18, 0}, // a Cancel in a Ping's frame
      name.toBytes(),
    };
    for (byte[] body : bodies) {
      assertThatThrownBy(() -> codec.decode(MessageType.PING, 0, body, 0, body.length))
          .as(HexFormat.of().formatHex(body))
          .isInstanceOf(ProtocolException.class);
    }
  }

  @Test
  void doesNotBelieveLengths() {
    MessageCodec codec = new MessageCodec();
    // A Goodbye whose reason claims 2,147,483,647 bytes, and a Refusal with 1,000 of which 1 is
    // there.
    for (String hex : List.of("1b01ffffffff07", "170308e80761")) {
      byte[] body = HexFormat.of().parseHex(hex);
      MessageType type = hex.startsWith("1b") ? MessageType.GOODBYE : MessageType.REFUSAL;
      assertThatThrownBy(() -> codec.decode(type, 1, body, 0, body.length))
          .isInstanceOf(ProtocolException.class)
          .hasMessageContaining("does not fit");
    }
  }
}
