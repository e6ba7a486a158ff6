/**
 * The cloud: a service that finishes what devices begin. Start at {@link
 * dev.sluice.cloud.CloudWorker}.
 */
@NullMarked
package dev.sluice.cloud;

import org.jspecify.annotations.NullMarked;
