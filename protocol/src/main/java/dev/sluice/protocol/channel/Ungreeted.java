package dev.sluice.protocol.channel;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Places for connections that have not been welcomed: bounded in all, and for each address, so that
 * one peer that opens connections and says nothing leaves places to others. Thread-safe.
 *
 * <p>Refused connections keep their place until they are closed.
 */
final class Ungreeted {
  static final int MAX_IN_ALL = 512;

  /** Devices behind one address may come back together when a worker has been away. */
  static final int MAX_PER_ADDRESS = 64;

  /** One host has all addresses of an IPv6 network of this length. */
  private static final int NETWORK_BYTES = 8;

  private final Map<String, Integer> byAddress = new HashMap<>();
  private int all;

  /** Takes a place. Returns whether there was one. */
  synchronized boolean enter(String address) {
    int here = byAddress.getOrDefault(address, 0);
    if (all >= MAX_IN_ALL || here >= MAX_PER_ADDRESS) {
      return false;
    }
    all++;
    byAddress.put(address, here + 1);
    return true;
  }

  /** Gives a place back that {@link #enter} took. */
  synchronized void leave(String address) {
    all--;
    byAddress.merge(address, -1, (here, less) -> here == 1 ? null : here + less);
  }

  /** Returns how many addresses take places. */
  synchronized int addresses() {
    return byAddress.size();
  }

  /** Returns what connections are counted under: an IPv4 address, or the network of an IPv6 one. */
  static String addressOf(SocketAddress remote) {
    if (!(remote instanceof InetSocketAddress at) || at.getAddress() == null) {
      return String.valueOf(remote);
    }
    InetAddress address = at.getAddress();
    return address instanceof Inet6Address
        ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), NETWORK_BYTES))
        : address.getHostAddress();
  }
}
