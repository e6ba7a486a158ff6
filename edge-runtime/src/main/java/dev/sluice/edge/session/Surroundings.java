package dev.sluice.edge.session;

import java.util.concurrent.Executor;

/**
 * All that a session has around it.
 *
 * @param loop time and order
 * @param device computes the session's stages
 * @param cloud finishes what the device leaves
 * @param network what the device computes
 * @param background decides and compiles off the request path; one task at a time is handed in. A
 *     simulation may run the task inline
 */
public record Surroundings(
    EventLoop loop, Device device, Cloud cloud, DeviceNetwork network, Executor background) {}
