package dev.sluice.training.head;

import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.tensor.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What heads can see at a cut, by the shapes of its tensors. */
public final class HeadViews {
  private static final int[] SIDES = {16, 14, 12, 10, 8, 7, 6, 5, 4};

  private HeadViews() {}

  /** Returns whether any head can be put on a cut. */
  public static boolean isPossible(CutPoint cut) {
    return tokens(cut).isPresent() || pooled(cut, 1).isPresent();
  }

  /**
   * Returns the pooled channels of all feature maps, {@code [C, H, W]}, of a cut.
   *
   * @param grid cells per side that are pooled too where a single map is divided by them; 1 for
   *     none
   */
  public static Optional<PooledView> pooled(CutPoint cut, int grid) {
    List<PooledView.Part> parts = new ArrayList<>();
    List<Integer> maps = maps(cut);
    for (int tensor : maps) {
      int[] shape = cut.shapes().get(tensor);
      boolean divides = maps.size() == 1 && shape[1] % grid == 0 && shape[2] % grid == 0;
      parts.add(
          new PooledView.Part(
              tensor, new Pooling(shape[0], shape[1], shape[2], divides ? grid : 1, true)));
    }
    return parts.isEmpty() ? Optional.empty() : Optional.of(new PooledView(parts));
  }

  private static List<Integer> maps(CutPoint cut) {
    return IntStream.range(0, cut.tensors().size())
        .filter(tensor -> cut.types().get(tensor) == TensorType.FLOAT32)
        .filter(tensor -> cut.shapes().get(tensor).length == 3)
        .filter(tensor -> cut.shapes().get(tensor)[1] * cut.shapes().get(tensor)[2] > 1)
        .boxed()
        .toList();
  }

  /**
   * Returns the cells of the coarsest square feature map of a cut: the one that has come furthest.
   *
   * @param mostValues most values that they may have
   */
  public static Optional<CellView> cells(CutPoint cut, int mostValues) {
    return maps(cut).stream()
        .filter(tensor -> cut.shapes().get(tensor)[1] == cut.shapes().get(tensor)[2])
        .min(Comparator.comparingInt(tensor -> cut.shapes().get(tensor)[1]))
        .flatMap(
            tensor -> {
              int[] shape = cut.shapes().get(tensor);
              return IntStream.of(SIDES)
                  .filter(side -> shape[1] % side == 0 && shape[0] * side * side <= mostValues)
                  .mapToObj(side -> new CellView(tensor, shape[0], shape[1], shape[2], side))
                  .findFirst();
            });
  }

  /**
   * Returns the tokens of a cut, {@code [tokens, features]}: of several such tensors the largest. A
   * tensor with one number per token is taken for their mask, not an additive one until its values
   * are known.
   */
  public static Optional<TokenView> tokens(CutPoint cut) {
    return IntStream.range(0, cut.tensors().size())
        .filter(tensor -> cut.types().get(tensor) == TensorType.FLOAT32)
        .filter(tensor -> cut.shapes().get(tensor).length == 2)
        .filter(tensor -> cut.shapes().get(tensor)[0] > 1 && cut.shapes().get(tensor)[1] > 1)
        .boxed()
        .max(
            Comparator.comparingLong((Integer tensor) -> elements(cut.shapes().get(tensor)))
                .thenComparing(Comparator.reverseOrder()))
        .map(
            tensor -> {
              int[] shape = cut.shapes().get(tensor);
              return new TokenView(tensor, shape[0], shape[1], mask(cut, tensor, shape[0]));
            });
  }

  private static Optional<TokenView.Mask> mask(CutPoint cut, int of, int tokens) {
    return IntStream.range(0, cut.tensors().size())
        .filter(tensor -> tensor != of)
        .filter(tensor -> elements(cut.shapes().get(tensor)) == tokens)
        .filter(
            tensor -> IntStream.of(cut.shapes().get(tensor)).allMatch(d -> d == 1 || d == tokens))
        .mapToObj(tensor -> new TokenView.Mask(tensor, false))
        .findFirst();
  }

  private static long elements(int[] shape) {
    long elements = 1;
    for (int side : shape) {
      elements *= side;
    }
    return elements;
  }
}
