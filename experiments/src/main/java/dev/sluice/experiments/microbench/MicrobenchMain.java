package dev.sluice.experiments.microbench;

import java.io.IOException;

/**
 * Runs the microbenchmarks: {@code ./sluice microbench [JMH OPTIONS] [NAMES]}; all of them without
 * arguments, {@code -h} lists the options.
 */
public final class MicrobenchMain {
  private MicrobenchMain() {}

  public static void main(String[] args) throws IOException {
    org.openjdk.jmh.Main.main(args);
  }
}
