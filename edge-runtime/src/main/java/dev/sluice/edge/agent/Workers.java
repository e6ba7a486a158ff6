package dev.sluice.edge.agent;

import dev.sluice.protocol.pool.PoolOptions;
import dev.sluice.protocol.pool.WorkerTarget;
import dev.sluice.protocol.security.ClientSecurity;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The workers that a program is to use.
 *
 * @param targets where they are, at least one
 * @param security how they are talked to
 * @param deviceName who talks, unique among the devices
 */
record Workers(List<WorkerTarget> targets, ClientSecurity security, String deviceName) {
  Workers {
    targets = List.copyOf(targets);
  }

  /** Returns how many of them are kept in touch with at the most. */
  int connections() {
    boolean many = targets.stream().anyMatch(WorkerTarget.EveryAddress.class::isInstance);
    return many ? PoolOptions.CONNECTIONS : Math.min(PoolOptions.CONNECTIONS, targets.size());
  }

  /** Returns where they are, as {@code --cloud} takes it. */
  @Override
  public String toString() {
    return targets.stream().map(WorkerTarget::toString).collect(Collectors.joining(","));
  }
}
