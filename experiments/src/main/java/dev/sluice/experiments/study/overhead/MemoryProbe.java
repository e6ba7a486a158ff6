package dev.sluice.experiments.study.overhead;

import dev.sluice.model.ProgressiveModel;
import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageRequest;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A program of its own, so that nothing else is in its memory: prints its resident memory while it
 * compiles plans ({@code plans BUNDLE}), or computes and switches for long ({@code soak BUNDLE
 * INFERENCES SWITCHES}). Each line is {@link #MARK}, what was done, how often, and kilobytes.
 *
 * <p>To be started with a heap of fixed size that is touched at the start: then what grows is
 * native.
 */
final class MemoryProbe {
  static final String MARK = "resident";
  static final int PLANS = 20;
  static final int READINGS = 20;
  static final Path STATUS = Path.of("/proc/self/status");

  private static final long SEED = 3;

  private final Subject subject;
  private final ProgressiveModel model;
  private final FloatBuffer input;

  private MemoryProbe(Subject subject, ProgressiveModel model) {
    this.subject = subject;
    this.model = model;
    this.input = subject.input(1, SEED);
  }

  /** Runs the program. */
  public static void main(String[] args) throws IOException {
    Subject subject = new Subject(args[1], Bundle.open(Path.of(args[1])), "<= 1");
    try (ProgressiveModel model =
        ProgressiveModel.open(subject.bundle(), EngineOptions.singleThread())) {
      MemoryProbe probe = new MemoryProbe(subject, model);
      if (args[0].equals("plans")) {
        probe.plans();
      } else {
        probe.soak(Integer.parseInt(args[2]), Integer.parseInt(args[3]));
      }
    }
  }

  private void plans() throws IOException {
    List<StageChain> kept = new ArrayList<>();
    tell("plans", 0);
    for (StageRequest request : requests()) {
      StageChain chain = model.compile(request);
      kept.add(chain);
      run(chain);
      run(chain);
      tell("plans", kept.size());
    }
    kept.forEach(StageChain::close);
  }

  private void soak(int inferences, int switches) throws IOException {
    List<StageRequest> requests = requests();
    try (StageChain whole = model.compile(requests.get(0));
        StageChain cut = model.compile(StageRequest.of(0, model.lastCut(), subject.allExits()))) {
      for (int reading = 0; reading <= READINGS; reading++) {
        tell("inferences", (long) reading * inferences / READINGS);
        for (int i = 0; i < inferences / READINGS && reading < READINGS; i++) {
          run(i % 2 == 0 ? whole : cut);
        }
      }
    }
    SplittableRandom random = new SplittableRandom(SEED);
    for (int reading = 0; reading <= READINGS; reading++) {
      tell("switches", (long) reading * switches / READINGS);
      for (int i = 0; i < switches / READINGS && reading < READINGS; i++) {
        try (StageChain chain = model.compile(requests.get(random.nextInt(requests.size())))) {
          run(chain);
        }
      }
    }
  }

  /** The whole network first; then other sets of exits, then splits. */
  private List<StageRequest> requests() {
    List<StageRequest> requests = new ArrayList<>();
    int last = model.lastCut();
    int early = subject.earlyExits().size();
    requests.add(StageRequest.of(0, last, List.of(subject.finalExit())));
    for (int set = 1; set < 1 << early && requests.size() < PLANS / 2; set += 3) {
      List<Integer> exits = new ArrayList<>();
      for (int exit = 0; exit < early; exit++) {
        if ((set >> exit & 1) == 1) {
          exits.add(subject.earlyExits().get(exit).index());
        }
      }
      exits.add(subject.finalExit());
      requests.add(StageRequest.of(0, last, exits));
    }
    int splits = PLANS - requests.size();
    for (int i = 1; i <= splits; i++) {
      requests.add(StageRequest.of(0, Math.max(1, (last - 1) * i / splits), List.of()));
    }
    return requests;
  }

  private void run(StageChain chain) {
    var live = model.activation(0, List.of(input.duplicate()));
    for (var stage : chain.stages()) {
      var next = stage.run(live).live();
      live.close();
      live = next;
    }
    live.close();
  }

  private static void tell(String work, long done) throws IOException {
    // Buffers that nobody uses any more hold native memory until they are collected.
    System.gc();
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith("RssAnon:")) {
        System.out.println(
            String.join(" ", MARK, work, Long.toString(done), line.replaceAll("\\D", "")));
      }
    }
  }
}
