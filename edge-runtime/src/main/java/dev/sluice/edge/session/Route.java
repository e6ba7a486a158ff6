package dev.sluice.edge.session;

import java.util.List;
import java.util.Optional;

/** The device's part of a plan, compiled. Thread-safe; closed by the session after its last use. */
public interface Route extends AutoCloseable {

  /**
   * Returns the stages from the input to the split, with a boundary at every active exit; empty if
   * the split is at the input.
   */
  List<Step> stages();

  /**
   * Returns the stages from the split to the network's output, or to the deepest exit that the
   * device can hold, with a boundary at every exit, for going on alone; empty if the plan was
   * compiled without, ends there, or starts at the input.
   */
  List<Step> beyond();

  /**
   * Writes what the worker needs: the tensors at the split, or the picture if the split is at the
   * input or the plan sends the picture anyway.
   *
   * @param frame the frame
   * @param live tensors at the split, empty at the input; stays the caller's
   */
  Payload encode(Frame frame, Optional<Sample> live);

  @Override
  void close();
}
