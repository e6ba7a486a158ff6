package dev.sluice.edge.agent;

import dev.sluice.edge.host.WorkerCloud.Standing;
import dev.sluice.protocol.pool.WorkerTarget;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** What to do about a worker that cannot be used. */
final class WorkerAdvice {
  private WorkerAdvice() {}

  /**
   * Returns what is wrong and what to do about it, as one line without an end.
   *
   * @param workers where they were looked for
   * @param bundle what it is to serve, as it may be shown
   */
  static String of(Standing.Failed failed, Workers workers, String bundle) {
    String advice =
        switch (failed.trouble()) {
          case UNKNOWN_HOST -> "correct --cloud";
          case REFUSED -> "start a worker there: " + command(workers.targets().get(0), bundle);
          case TIMED_OUT, UNREACHABLE ->
              "check the address of --cloud, the network and its firewalls";
          case NO_GREETING ->
              "another program may listen there, or an emulated link whose worker is missing:"
                  + " check --cloud";
          case NOT_A_WORKER -> "correct --cloud: give the address that ./sluice cloud prints";
          case OTHER_VERSION -> "run the same release of Sluice on both sides";
          case MODEL_NOT_SERVED ->
              "start it with the bundle (--models " + bundle + "), or name one that it serves";
          case FULL -> "try again later, or name another worker";
          case DRAINING -> "wait for its restart, or name another worker";
          case UNAUTHENTICATED ->
              "give what it wants: --token-file, and --tls (--tls-ca) where it speaks TLS";
          case TOKEN_IN_CLEAR -> "use TLS (--tls or --tls-ca), or --insecure on a trusted network";
          case NOT_TLS ->
              "start the worker with --tls-cert and --tls-key, or leave the --tls options out";
          case UNTRUSTED_CERTIFICATE ->
              "give the authority that signed it (--tls-ca), and the name that it is made for in"
                  + " --cloud or --tls-name; docs/security.md shows how";
          case OWN_CERTIFICATE ->
              "give this device a certificate of the worker's --tls-client-ca (--tls-cert,"
                  + " --tls-key)";
          case TLS_FAILED -> "both sides need TLS 1.3 and an RSA or elliptic curve certificate";
          case REFUSED_BY_WORKER -> "the worker's log may say more";
          case LOST -> "try again";
        };
    return failed.why() + "; " + advice;
  }

  private static String command(WorkerTarget at, String bundle) {
    return "./sluice cloud --bind "
        + WorkerTarget.text(at.host(), at.port())
        + " --models "
        + bundle
        + (isLoopback(at.host())
            ? ""
            : " with --tls-cert, --tls-key and --token-file (docs/security.md)");
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException elsewhere) {
      return false;
    }
  }
}
