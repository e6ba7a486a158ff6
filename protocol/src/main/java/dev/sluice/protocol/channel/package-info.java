/**
 * Both ends of the connection, on Netty. Start at {@link dev.sluice.protocol.channel.WorkerClient}
 * on the device and at {@link dev.sluice.protocol.channel.WorkerServer} in the cloud.
 */
@NullMarked
package dev.sluice.protocol.channel;

import org.jspecify.annotations.NullMarked;
