package dev.sluice.edge.agent;

import dev.sluice.edge.host.WorkerCloud.Standing;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** What to do about a worker that cannot be used. */
final class WorkerAdvice {
  private WorkerAdvice() {}

  /**
   * Returns what is wrong and what to do about it, as one line without an end.
   *
   * @param at where the worker was looked for
   * @param bundle what it is to serve, as it may be shown
   */
  static String of(Standing.Failed failed, InetSocketAddress at, String bundle) {
    String advice =
        switch (failed.trouble()) {
          case UNKNOWN_HOST -> "correct --cloud";
          case REFUSED -> "start a worker there: " + command(at, bundle);
          case TIMED_OUT, UNREACHABLE ->
              "check the address of --cloud, the network and its firewalls";
          case NO_GREETING ->
              "another program may listen there, or an emulated link whose worker is missing:"
                  + " check --cloud";
          case NOT_A_WORKER -> "correct --cloud: give the address that ./sluice cloud prints";
          case OTHER_VERSION -> "run the same release of Sluice on both sides";
          case MODEL_NOT_SERVED ->
              "start it with the bundle (--models " + bundle + "), or name one that it serves";
          case UNAUTHENTICATED -> "give the token or certificate that the worker expects";
          case DRAINING -> "it is about to stop: try again later, or name another worker";
          case FULL -> "try again later, or name another worker";
          case REFUSED_BY_WORKER -> "the worker's log may say more";
          case LOST -> "try again";
        };
    return failed.why() + "; " + advice;
  }

  private static String command(InetSocketAddress at, String bundle) {
    return "./sluice cloud --bind "
        + at.getHostString()
        + ":"
        + at.getPort()
        + " --models "
        + bundle
        + (isLoopback(at.getHostString()) ? "" : " --insecure");
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException elsewhere) {
      return false;
    }
  }
}
