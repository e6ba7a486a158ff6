package dev.sluice.training.guard;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import ai.djl.training.Trainer;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes the steps of a training, except those whose gradient is garbage: such a step leaves the
 * weights, the optimiser and the running statistics of normalisations as they were. Steps that are
 * taken are exactly those of {@link Trainer#step()}.
 *
 * <p>Not thread-safe. Owns copies of the running statistics until closed.
 */
public final class GuardedSteps implements AutoCloseable {
  /** Copying statistics at every step would cost more than losing those of a few. */
  private static final int STEPS_PER_COPY = 20;

  private final Trainer trainer;
  private final StepGuard guard = new StepGuard();
  private final NDManager manager;
  private final List<Parameter> learnt = new ArrayList<>();
  private final List<Parameter> statistics = new ArrayList<>();
  private List<NDArray> copies = new ArrayList<>();
  private int taken;

  /**
   * Guards a training.
   *
   * @param trainer initialised; stays the caller's
   */
  public GuardedSteps(Trainer trainer) {
    this.trainer = trainer;
    manager = trainer.getManager().newSubManager();
    for (Parameter parameter : trainer.getModel().getBlock().getParameters().values()) {
      (parameter.requiresGradient() ? learnt : statistics).add(parameter);
    }
    copyStatistics();
  }

  /**
   * Takes the step whose gradient was just computed, or drops it.
   *
   * @param loss what the gradient is of
   * @return whether it was taken
   * @throws IllegalStateException if many steps in a row had to be dropped
   */
  public boolean step(double loss) {
    if (guard.accepts(loss, gradientNorm())) {
      trainer.step();
      if (++taken % STEPS_PER_COPY == 0) {
        copyStatistics();
      }
      return true;
    }
    for (Parameter parameter : learnt) {
      try (NDArray gradient = parameter.getArray().getGradient()) {
        // Not by subtraction or a product: what is not a number stays none.
        gradient.set(new NDIndex("..."), 0f);
      }
    }
    for (int i = 0; i < copies.size(); i++) {
      statistics.get(i).getArray().set(new NDIndex("..."), copies.get(i));
    }
    return false;
  }

  /** Returns the number of steps dropped so far. */
  public int dropped() {
    return guard.refused();
  }

  private double gradientNorm() {
    double squares = 0;
    for (Parameter parameter : learnt) {
      try (NDArray gradient = parameter.getArray().getGradient();
          NDArray norm = gradient.norm()) {
        double value = norm.getFloat();
        squares += value * value;
      }
    }
    return Math.sqrt(squares);
  }

  private void copyStatistics() {
    List<NDArray> fresh = new ArrayList<>();
    for (Parameter parameter : statistics) {
      NDArray copy = parameter.getArray().duplicate();
      copy.attach(manager);
      fresh.add(copy);
    }
    copies.forEach(NDArray::close);
    copies = fresh;
  }

  @Override
  public void close() {
    manager.close();
  }
}
