/**
 * Who may talk to whom, and who may listen: TLS 1.3 and tokens. Start at {@link
 * dev.sluice.protocol.security.ClientSecurity} on the device and at {@link
 * dev.sluice.protocol.security.ServerSecurity} in the cloud.
 */
@NullMarked
package dev.sluice.protocol.security;

import org.jspecify.annotations.NullMarked;
