package dev.sluice.training.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A narrow residual network for 96×96 pictures with early exits.
 *
 * <p>He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, the CIFAR
 * form (section 4.2), behind a stem with stride; exits as in Teerapittayanon, McDanel and Kung,
 * "BranchyNet", ICPR 2016. It narrows fast in space, so that what a split has to send is small.
 *
 * <p>Input {@code [N, 3, 96, 96]}; outputs one {@code [N, classes]} per branch, the final one last.
 */
final class SignNetwork extends AbstractBlock {
  /** Stages: channels, blocks; each begins with stride 2. */
  private static final int[][] STAGES = {{16, 2}, {32, 2}, {64, 4}, {64, 1}};

  /**
   * Branches that only guide the middle of the network while it is trained, and are no exits: they
   * come so near to the final one that little would be left to gain behind them. Lee, Xie,
   * Gallagher, Zhang and Tu, "Deeply-Supervised Nets", AISTATS 2015.
   */
  private static final Set<String> AUXILIARY = Set.of("stage2_block2");

  private static final int STEM_CHANNELS = 8;
  private static final int INPUT_SIZE = 96;

  private final ConvUnit stem;
  private final List<ResidualUnit> blocks = new ArrayList<>();
  private final Map<String, ExitBranch> branches = new LinkedHashMap<>();
  private final ExitBranch last;

  SignNetwork(int classes) {
    stem =
        addChildBlock(
            "stem", new ConvUnit(ConvShape.dense(3, STEM_CHANNELS, 3, 2, INPUT_SIZE), true));
    int channels = STEM_CHANNELS;
    int size = stem.shape().outSize();
    for (int s = 0; s < STAGES.length; s++) {
      for (int b = 0; b < STAGES[s][1]; b++) {
        String name = "stage%d_block%d".formatted(s + 1, b + 1);
        var block = new ResidualUnit(name, channels, STAGES[s][0], b == 0 ? 2 : 1, size);
        blocks.add(addChildBlock(name, block));
        channels = STAGES[s][0];
        size = block.outSize();
      }
    }
    addBranch("stage1_block1", 16, 24, classes, 32, 64);
    addBranch("stage1_block2", 16, 24, classes, 32);
    addBranch("stage2_block1", 32, 12, classes);
    addBranch("stage2_block2", 32, 12, classes);
    addBranch("stage3_block2", 64, 6, classes);
    last = addChildBlock("last", new ExitBranch(channels, size, classes, true));
  }

  private void addBranch(String at, int channels, int size, int classes, int... widths) {
    branches.put(
        at, addChildBlock("branch_" + at, new ExitBranch(channels, size, classes, true, widths)));
  }

  ConvUnit stem() {
    return stem;
  }

  List<ResidualUnit> blocks() {
    return List.copyOf(blocks);
  }

  /** All side branches by the name of the block whose output they read, nearest the input first. */
  Map<String, ExitBranch> branches() {
    return Collections.unmodifiableMap(branches);
  }

  /** Whether a branch is an exit of the finished network, or only helps to train it. */
  boolean isExit(String block) {
    return branches.containsKey(block) && !AUXILIARY.contains(block);
  }

  ExitBranch last() {
    return last;
  }

  /**
   * Multiply-accumulates of the backbone up to and with each block; the last entry is the total.
   */
  Map<String, Long> macsByBlock() {
    Map<String, Long> macs = new LinkedHashMap<>();
    long sum = stem.shape().macs();
    macs.put("stem", sum);
    for (ResidualUnit block : blocks) {
      sum += block.macs();
      macs.put(block.name(), sum);
    }
    macs.put("last", sum + last.macs());
    return macs;
  }

  /** Multiply-accumulates of the whole backbone with its final classifier. */
  long totalMacs() {
    return macsByBlock().getOrDefault("last", 0L);
  }

  /** Trained numbers, exit heads included; known once the network is initialised. */
  long parameterCount() {
    return getParameters().values().stream()
        .filter(Parameter::requiresGradient)
        .mapToLong(p -> p.getShape().size())
        .sum();
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    NDList logits = new NDList();
    NDArray x = stem.apply(store, inputs.singletonOrThrow(), training);
    for (ResidualUnit block : blocks) {
      x = block.apply(store, x, training);
      ExitBranch branch = branches.get(block.name());
      if (branch != null) {
        logits.add(branch.apply(store, x, training));
      }
    }
    logits.add(last.apply(store, x, training));
    return logits;
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
    stem.initialize(manager, type, inputs);
    Shape[] shape = stem.getOutputShapes(inputs);
    for (ResidualUnit block : blocks) {
      block.initialize(manager, type, shape);
      shape = block.getOutputShapes(shape);
      ExitBranch branch = branches.get(block.name());
      if (branch != null) {
        branch.initialize(manager, type, shape);
      }
    }
    last.initialize(manager, type, shape);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    long n = inputs[0].get(0);
    Shape[] shapes = new Shape[branches.size() + 1];
    Arrays.fill(shapes, new Shape(n, last.classes()));
    return shapes;
  }
}
