package dev.sluice.experiments.study.wire;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import java.util.List;

/**
 * What does the wire cost: beside grpc-java and bare Netty over loopback, behind slow links, and in
 * memory?
 *
 * <p>The worker's sides run in a process of their own, the clients' in the study's. Every side has
 * one event loop per process on the same kind of sockets, one connection without delayed sending,
 * the same payload given as an array, and a reply of as many bytes as Sluice's answer has.
 */
public final class WireStudy implements Study {
  @Override
  public String name() {
    return "wire";
  }

  @Override
  public String question() {
    return "What does the wire cost beside grpc-java and bare Netty, on slow links, in memory?";
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Findings findings = new Findings(context);
    findings.say("sockets: %s", Loops.kind());
    try (EchoProcess worker = EchoProcess.start()) {
      MemoryFigures.measure(worker, findings);
    }
    try (EchoProcess worker = EchoProcess.start()) {
      SpeedFigures.measure(worker.ports(), findings);
      SlowLinkFigures.measure(worker.ports(), findings);
    }
    return findings.claims();
  }
}
