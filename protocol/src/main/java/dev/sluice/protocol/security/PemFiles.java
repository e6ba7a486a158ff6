package dev.sluice.protocol.security;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates and private keys in the textual encoding of RFC 7468 ("PEM"). */
final class PemFiles {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");
  private static final String CERTIFICATE = "CERTIFICATE";

  /** Those that TLS of Java 17 signs with. */
  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC");

  private PemFiles() {}

  private static final class Block {
    final String label;
    final byte[] content;

    Block(String label, byte[] content) {
      this.label = label;
      this.content = content;
    }
  }

  /** Returns the certificates in a file, at least one. */
  static List<X509Certificate> certificates(Path file) throws KeyFileException {
    List<X509Certificate> found = new ArrayList<>();
    for (Block block : blocks(file, SecretFiles.read(file), "certificate")) {
      if (!block.label.equals(CERTIFICATE)) {
        continue;
      }
      try {
        found.add(
            (X509Certificate)
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(block.content)));
      } catch (CertificateException damaged) {
        throw new KeyFileException(
            file, "certificate " + (found.size() + 1) + " is damaged", damaged);
      }
    }
    if (found.isEmpty()) {
      throw new KeyFileException(file, "holds no certificate (BEGIN CERTIFICATE)");
    }
    return List.copyOf(found);
  }

  /** Returns the private key in a file that nobody else can read. */
  static PrivateKey privateKey(Path file) throws KeyFileException {
    for (Block block : blocks(file, SecretFiles.readSecret(file), "key")) {
      switch (block.label) {
        case "PRIVATE KEY" -> {
          return decoded(file, block.content);
        }
        case "ENCRYPTED PRIVATE KEY" ->
            throw new KeyFileException(
                file,
                "the key is encrypted, and nobody is there to give the pass phrase; decrypt it:"
                    + " openssl pkey -in "
                    + file
                    + " -out plain.key");
        case "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY" ->
            throw new KeyFileException(
                file,
                "the key has the old form '"
                    + block.label
                    + "'; convert it: openssl pkcs8 -topk8 -nocrypt -in "
                    + file
                    + " -out new.key");
        default -> {
          // Parameters or certificates before the key.
        }
      }
    }
    throw new KeyFileException(file, "holds no private key (BEGIN PRIVATE KEY)");
  }

  private static PrivateKey decoded(Path file, byte[] content) throws KeyFileException {
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(content);
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException other) {
        // The next one; what the exception says might repeat parts of the key.
      }
    }
    throw new KeyFileException(
        file, "the private key is damaged, or neither an RSA nor an elliptic curve key");
  }

  /**
   * Checks that a key and a chain belong together and that the chain is valid.
   *
   * @param now when
   */
  static void requireFit(
      Path keyFile, PrivateKey key, Path chainFile, List<X509Certificate> chain, Instant now)
      throws KeyFileException {
    for (X509Certificate certificate : chain) {
      requireValid(chainFile, certificate, now);
    }
    PublicKey pub = chain.get(0).getPublicKey();
    if (!pub.getAlgorithm().equals(key.getAlgorithm()) || !signs(key, pub)) {
      throw new KeyFileException(
          keyFile,
          "does not fit the first certificate in "
              + chainFile
              + "; the worker's or device's own certificate comes first, its authorities after it");
    }
  }

  static void requireValid(Path file, X509Certificate certificate, Instant now)
      throws KeyFileException {
    String whose = "the certificate of '" + certificate.getSubjectX500Principal() + "' ";
    try {
      certificate.checkValidity(Date.from(now));
    } catch (CertificateExpiredException e) {
      throw new KeyFileException(
          file, whose + "expired on " + certificate.getNotAfter().toInstant() + "; renew it", e);
    } catch (CertificateNotYetValidException e) {
      throw new KeyFileException(
          file,
          whose
              + "is not valid before "
              + certificate.getNotBefore().toInstant()
              + "; is the clock right?",
          e);
    }
  }

  private static boolean signs(PrivateKey key, PublicKey pub) {
    byte[] words = "sluice".getBytes(StandardCharsets.US_ASCII);
    try {
      Signature signature =
          Signature.getInstance(
              key.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "SHA256withRSA");
      signature.initSign(key);
      signature.update(words);
      byte[] signed = signature.sign();
      signature.initVerify(pub);
      signature.update(words);
      return signature.verify(signed);
    } catch (GeneralSecurityException misfit) {
      return false;
    }
  }

  private static List<Block> blocks(Path file, byte[] bytes, String what) throws KeyFileException {
    List<Block> blocks = new ArrayList<>();
    Matcher match = BLOCK.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    while (match.find()) {
      try {
        blocks.add(new Block(match.group(1), Base64.getMimeDecoder().decode(match.group(2))));
      } catch (IllegalArgumentException damaged) {
        throw new KeyFileException(file, "its '" + match.group(1) + "' is damaged");
      }
    }
    if (blocks.isEmpty()) {
      throw new KeyFileException(
          file, "is no PEM file: a " + what + " begins with a line -----BEGIN …-----");
    }
    return blocks;
  }
}
