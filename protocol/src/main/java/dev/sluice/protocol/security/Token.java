package dev.sluice.protocol.security;

import dev.sluice.protocol.message.Hello;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A secret that a device shows to a worker. Immutable; its text is told to the wire alone.
 *
 * <p>At least 16 characters, so that it cannot be guessed over a network, and at most 255: visible
 * ASCII, since it is copied from file to file.
 */
public final class Token {
  /** Fewer characters than this are refused. */
  public static final int MIN_CHARACTERS = 16;

  /** More characters than this are refused: what a {@link Hello} takes. */
  public static final int MAX_CHARACTERS = 255;

  private final String text;

  private Token(String text) {
    this.text = text;
  }

  /**
   * Returns a token.
   *
   * @throws IllegalArgumentException if it is too short or too long, or has other than visible
   *     ASCII characters; the message does not repeat it
   */
  public static Token of(String text) {
    int length = text.length();
    if (length < MIN_CHARACTERS || length > MAX_CHARACTERS) {
      throw new IllegalArgumentException(
          "a token has "
              + MIN_CHARACTERS
              + " to "
              + MAX_CHARACTERS
              + " characters, this one has "
              + length
              + "; 'openssl rand -hex 32' makes one");
    }
    if (!text.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
      throw new IllegalArgumentException(
          "a token has visible ASCII characters without blanks only");
    }
    return new Token(text);
  }

  /**
   * Reads the one token of a device's file.
   *
   * @throws KeyFileException if it is missing, others can read it, or it does not hold exactly one
   */
  public static Token read(Path file) throws KeyFileException {
    List<Token> all = readAll(file);
    if (all.size() != 1) {
      throw new KeyFileException(
          file, "holds " + all.size() + " tokens; a device shows exactly one");
    }
    return all.get(0);
  }

  /** Reads a file of tokens, one a line; empty lines and those that begin with '#' are comments. */
  static List<Token> readAll(Path file) throws KeyFileException {
    String[] lines =
        new String(SecretFiles.readSecret(file), StandardCharsets.UTF_8).split("\\R", -1);
    List<Token> tokens = new ArrayList<>();
    for (int i = 0; i < lines.length; i++) {
      String line = lines[i].strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      try {
        tokens.add(of(line));
      } catch (IllegalArgumentException wrong) {
        throw new KeyFileException(file, "line " + (i + 1) + ": " + wrong.getMessage());
      }
    }
    if (tokens.isEmpty()) {
      throw new KeyFileException(file, "holds no token; 'openssl rand -hex 32' makes one");
    }
    return List.copyOf(tokens);
  }

  /** Returns what goes into the {@link Hello}. For nothing else: it is secret. */
  public String reveal() {
    return text;
  }

  @Override
  public String toString() {
    return "Token[secret]";
  }
}
