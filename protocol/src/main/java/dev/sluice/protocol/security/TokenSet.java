package dev.sluice.protocol.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/**
 * The tokens that a worker accepts. Immutable.
 *
 * <p>Only their SHA-256 digests are kept. A token is compared with every digest, each time in full,
 * so that how long it takes tells neither how much of a guess was right nor which token it was.
 */
final class TokenSet {
  static final TokenSet NONE = new TokenSet(List.of());

  private final List<byte[]> digests;

  TokenSet(List<Token> tokens) {
    digests = tokens.stream().map(token -> digest(token.reveal())).toList();
  }

  boolean isEmpty() {
    return digests.isEmpty();
  }

  int size() {
    return digests.size();
  }

  boolean holds(String shown) {
    byte[] digest = digest(shown);
    boolean found = false;
    for (byte[] known : digests) {
      found |= MessageDigest.isEqual(known, digest);
    }
    return found;
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // every Java has it
    }
  }
}
