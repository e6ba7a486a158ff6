package dev.sluice.protocol.security;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Why TLS did not come to be, as a device sees it.
 *
 * @param kind what decides what to do about it
 * @param why for people; goes on after "what answers at HOST:PORT"
 */
public record TlsFailure(Kind kind, String why) {
  private static final String ALERT = "Received fatal alert: ";

  /** What to change. */
  public enum Kind {
    /** What answers does not speak TLS. */
    NOT_TLS,
    /** The worker's certificate is not good enough for this device. */
    CERTIFICATE,
    /** The device's certificate is missing, or not good enough for the worker. */
    OWN_CERTIFICATE,
    /** They have no version or cipher in common, or the handshake was damaged. */
    HANDSHAKE
  }

  /** Explains a failure of TLS; empty if it is another failure. */
  public static Optional<TlsFailure> of(Throwable thrown) {
    if (thrown instanceof NotSslRecordException) {
      return Optional.of(new TlsFailure(Kind.NOT_TLS, "does not speak TLS"));
    }
    if (thrown instanceof SslHandshakeTimeoutException) {
      return Optional.of(new TlsFailure(Kind.NOT_TLS, "does not answer to TLS"));
    }
    if (!(thrown instanceof SSLException)) {
      return Optional.empty();
    }
    String message = String.valueOf(thrown.getMessage());
    if (message.contains(ALERT)) {
      return Optional.of(alert(message.substring(message.indexOf(ALERT) + ALERT.length())));
    }
    for (@Nullable Throwable at = thrown; at != null; at = at.getCause()) {
      if (at instanceof CertificateExpiredException) {
        return certificate("shows a certificate that has expired");
      }
      if (at instanceof CertificateNotYetValidException) {
        return certificate("shows a certificate that is not valid yet");
      }
      if (at instanceof CertPathBuilderException) {
        return certificate("shows a certificate of an authority that is not trusted here");
      }
      if (at instanceof CertificateException
          && String.valueOf(at.getMessage()).toLowerCase(Locale.ROOT).contains(" name")) {
        return certificate("shows a certificate for another name (" + at.getMessage() + ")");
      }
    }
    for (@Nullable Throwable at = thrown; at != null; at = at.getCause()) {
      if (at instanceof CertificateException) {
        return certificate("shows a certificate that is no good (" + at.getMessage() + ")");
      }
    }
    return Optional.of(new TlsFailure(Kind.HANDSHAKE, "fails in the TLS handshake: " + message));
  }

  private static Optional<TlsFailure> certificate(String why) {
    return Optional.of(new TlsFailure(Kind.CERTIFICATE, why));
  }

  private static TlsFailure alert(String alert) {
    return switch (alert) {
      case "bad_certificate", "certificate_required" ->
          new TlsFailure(Kind.OWN_CERTIFICATE, "wants a certificate that it accepts");
      case "certificate_unknown",
          "certificate_expired",
          "certificate_revoked",
          "unsupported_certificate",
          "unknown_ca",
          "access_denied" ->
          new TlsFailure(
              Kind.OWN_CERTIFICATE,
              "does not accept this device's certificate (" + alert.replace('_', ' ') + ")");
      case "protocol_version" -> new TlsFailure(Kind.HANDSHAKE, "does not speak TLS 1.3");
      default ->
          new TlsFailure(
              Kind.HANDSHAKE, "ends the TLS handshake (" + alert.replace('_', ' ') + ")");
    };
  }
}
