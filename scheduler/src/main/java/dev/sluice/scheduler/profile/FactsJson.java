package dev.sluice.scheduler.profile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** How facts are written as JSON, and read from bytes that nobody has looked at yet. */
final class FactsJson {
  /** Nothing may be missing; what follows the object is not looked at. */
  static final ObjectMapper WHOLE = whole().build();

  /** Beside that, nothing may follow, occur twice or lose its fraction. */
  static final ObjectMapper STRICT =
      whole()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private FactsJson() {}

  private static JsonMapper.Builder whole() {
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);
  }

  /** Returns facts as indented UTF-8 JSON. */
  static byte[] write(Object facts) {
    try {
      return WHOLE.writeValueAsBytes(facts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("numbers and names are always writable", e);
    }
  }

  /**
   * Reads facts.
   *
   * @param mostBytes that they may have
   * @param what they are, for messages: a noun
   * @throws FactsFormatException if they are not that
   */
  static <T> T read(ObjectMapper json, byte[] bytes, Class<T> type, int mostBytes, String what)
      throws FactsFormatException {
    if (bytes.length > mostBytes) {
      throw new FactsFormatException(
          what + " has " + bytes.length + " bytes, more than " + mostBytes);
    }
    try {
      T facts = json.readValue(bytes, type);
      if (facts == null) {
        throw new FactsFormatException(what + " is empty");
      }
      return facts;
    } catch (FactsFormatException e) {
      throw e;
    } catch (JsonProcessingException e) {
      throw new FactsFormatException("not a " + what + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new FactsFormatException("not a " + what + ": " + e.getMessage(), e);
    }
  }
}
