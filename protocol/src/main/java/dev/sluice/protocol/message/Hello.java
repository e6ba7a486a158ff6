package dev.sluice.protocol.message;

import java.util.List;

/**
 * The device's first message.
 *
 * @param version newest protocol version that the device speaks, at least 1
 * @param clientName who calls, for the worker's log; at most 255 UTF-8 bytes
 * @param modelDigests digests of the bundles whose second halves are wanted; at most 31, empty when
 *     none is named yet. Requests name a bundle by its place in this list
 * @param token proves who calls, empty where none is needed; at most 1,024 UTF-8 bytes. A secret:
 *     no text made of this message holds it
 * @param codecs families of codecs that the device can write; at most 64, empty when it does not
 *     say
 * @param features what the device wants besides, see {@link Features}; at most 32
 */
public record Hello(
    int version,
    String clientName,
    List<String> modelDigests,
    String token,
    List<String> codecs,
    List<String> features)
    implements Message {
  static final int MAX_DIGESTS = 31;

  public Hello {
    Texts.check("clientName", clientName, Texts.MAX_NAME_BYTES);
    modelDigests = Texts.names("modelDigests", modelDigests, MAX_DIGESTS);
    if (Texts.bytes(token) > Texts.MAX_TOKEN_BYTES) {
      throw new IllegalArgumentException(
          "token longer than " + Texts.MAX_TOKEN_BYTES + " UTF-8 bytes");
    }
    codecs = Texts.names("codecs", codecs, Texts.MAX_CODECS);
    features = Texts.names("features", features, Texts.MAX_FEATURES);
    Texts.checkFits(clientName, modelDigests, token, codecs, features);
    if (version < 1 || version > 0xFFFF) {
      throw new IllegalArgumentException("version not in [1, 65535]: " + version);
    }
  }

  /**
   * Returns a greeting that says no more than who calls.
   *
   * @param modelDigest empty when none is named yet
   */
  public Hello(int version, String clientName, String modelDigest) {
    this(
        version,
        clientName,
        modelDigest.isEmpty() ? List.of() : List.of(modelDigest),
        "",
        List.of(),
        List.of());
  }

  /** Returns the digest of the first bundle, which requests mean that name none; may be empty. */
  public String modelDigest() {
    return modelDigests.isEmpty() ? "" : modelDigests.get(0);
  }

  /** Returns the same greeting with a token. */
  public Hello withToken(String secret) {
    return new Hello(version, clientName, modelDigests, secret, codecs, features);
  }

  @Override
  public MessageType type() {
    return MessageType.HELLO;
  }

  /** Returns all but the token, of which it tells only whether there is one. */
  @Override
  public String toString() {
    return "Hello[version="
        + version
        + ", clientName="
        + clientName
        + ", modelDigests="
        + modelDigests
        + ", token="
        + (token.isEmpty() ? "none" : "hidden")
        + ", codecs="
        + codecs
        + ", features="
        + features
        + "]";
  }
}
