package dev.sluice.experiments.study;

import dev.sluice.experiments.report.Claim;
import java.util.List;

/** One question with the means to answer it. */
public interface Study {
  /** What it is called on the command line: lower case, words joined by hyphens. */
  String name();

  /** The question, in one line. */
  String question();

  /** Whether its conditions come from a file that a run may replace. */
  default boolean configurable() {
    return false;
  }

  /**
   * Measures.
   *
   * @param context options and places of this run; raw results go into its folder
   * @return what was found, each figure with what was wanted of it
   * @throws dev.sluice.experiments.demo.DemoException if something needed is missing
   */
  List<Claim> run(StudyContext context) throws Exception;
}
