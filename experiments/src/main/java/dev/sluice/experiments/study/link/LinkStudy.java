package dev.sluice.experiments.study.link;

import dev.sluice.experiments.report.Claim;
import dev.sluice.experiments.study.Study;
import dev.sluice.experiments.study.StudyContext;
import java.util.List;

/**
 * Does the emulated link keep the rate, the delay and the trace that it is given, and at what cost?
 *
 * <p>The link runs as a process of its own, as {@code ./sluice link} does; sender and receiver are
 * plain Java sockets in the study's process, on one clock.
 */
public final class LinkStudy implements Study {
  @Override
  public String name() {
    return "link";
  }

  @Override
  public String question() {
    return "Does the emulated link keep the rate, delay and trace it is given, and at what cost?";
  }

  @Override
  public List<Claim> run(StudyContext context) throws Exception {
    Findings findings = new Findings(context);
    RateFigures.measure(findings);
    DelayFigures.measure(findings);
    ReplayFigures.measure(findings);
    NetemFigures.measure(findings);
    return findings.claims();
  }
}
