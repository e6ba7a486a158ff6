package dev.sluice.protocol.channel;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Looks names up. Called on threads that wait for name servers, may block; thread-safe. */
@FunctionalInterface
public interface AddressResolver {
  /** The system's. */
  AddressResolver SYSTEM = name -> List.of(InetAddress.getAllByName(name));

  /**
   * Returns the addresses of a name, at least one.
   *
   * @throws UnknownHostException if it has none, or nobody can tell
   */
  List<InetAddress> resolve(String name) throws UnknownHostException;
}
