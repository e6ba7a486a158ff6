/** Do many devices under one worker settle? Start at {@code HerdStudy}. */
@NullMarked
package dev.sluice.experiments.study.herd;

import org.jspecify.annotations.NullMarked;
