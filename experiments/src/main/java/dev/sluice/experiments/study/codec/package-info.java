/** The bytes that a cut takes, codec by codec. Start at {@link CodecStudy}. */
@NullMarked
package dev.sluice.experiments.study.codec;

import org.jspecify.annotations.NullMarked;
