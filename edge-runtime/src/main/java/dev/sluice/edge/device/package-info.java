/**
 * Devices that are not at hand, from published figures. Start at {@link
 * dev.sluice.edge.device.DeviceProfiles}.
 */
@NullMarked
package dev.sluice.edge.device;

import org.jspecify.annotations.NullMarked;
