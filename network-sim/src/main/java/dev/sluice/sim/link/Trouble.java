package dev.sluice.sim.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;

/** What is said about addresses that cannot be used. */
final class Trouble {
  private Trouble() {}

  static IOException cannotListen(InetSocketAddress listen, Throwable cause) {
    String why = String.valueOf(cause.getMessage());
    String advice =
        why.contains("in use")
            ? "stop what uses it, or choose another port (0 takes a free one)"
            : why.contains("assign")
                ? "this machine has no such address; 127.0.0.1 is always there"
                : "choose another address; ports below 1024 are for the administrator";
    return new IOException(
        "cannot listen on " + describe(listen) + ": " + why + "; " + advice, cause);
  }

  /** What the system says repeats the address, so only its kind is told. */
  static String unreachable(InetSocketAddress target, Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    String why =
        cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException
            ? "no such host"
            : message.contains("refused") ? "nothing listens there" : message;
    return "the target " + describe(target) + " cannot be reached (" + why + ")";
  }

  private static String describe(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }
}
