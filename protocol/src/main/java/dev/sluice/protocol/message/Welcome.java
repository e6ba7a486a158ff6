package dev.sluice.protocol.message;

import java.util.List;

/**
 * The worker's answer to a {@link Hello} that it accepts.
 *
 * @param version the version both will speak: the older of the two newest ones
 * @param workerName who answers; at most 255 UTF-8 bytes
 * @param limits what the worker accepts on this connection
 * @param load how busy the worker is
 * @param modelDigests those of the Hello's bundles that it serves; at most 31
 * @param codecs families of codecs that it reads; at most 64, empty when it does not say
 * @param features what it does besides, see {@link Features}; at most 32
 */
public record Welcome(
    int version,
    String workerName,
    Limits limits,
    LoadReport load,
    List<String> modelDigests,
    List<String> codecs,
    List<String> features)
    implements Message {
  public Welcome {
    Texts.check("workerName", workerName, Texts.MAX_NAME_BYTES);
    modelDigests = Texts.names("modelDigests", modelDigests, Hello.MAX_DIGESTS);
    codecs = Texts.names("codecs", codecs, Texts.MAX_CODECS);
    features = Texts.names("features", features, Texts.MAX_FEATURES);
    Texts.checkFits(workerName, modelDigests, "", codecs, features);
    if (version < 1 || version > 0xFFFF) {
      throw new IllegalArgumentException("version not in [1, 65535]: " + version);
    }
  }

  /** Returns a welcome that says nothing of models, codecs and features. */
  public Welcome(int version, String workerName, Limits limits, LoadReport load) {
    this(version, workerName, limits, load, List.of(), List.of(), List.of());
  }

  @Override
  public MessageType type() {
    return MessageType.WELCOME;
  }
}
