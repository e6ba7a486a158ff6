package dev.sluice.training.data;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Some pictures of a larger set. */
final class Selection implements LabelledImages {
  private final LabelledImages all;
  private final int[] indices;

  private Selection(LabelledImages all, int[] indices) {
    this.all = all;
    this.indices = indices;
  }

  static LabelledImages of(LabelledImages all, int[] indices) {
    return new Selection(all, indices.clone());
  }

  /** Returns the numbers in [0, count) in a seeded order (Fisher and Yates). */
  static int[] shuffled(int count, long seed) {
    int[] order = IntStream.range(0, count).toArray();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = count - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  static int[] firstShuffled(int count, int most, long seed) {
    int[] chosen = Arrays.copyOf(shuffled(count, seed), most);
    Arrays.sort(chosen);
    return chosen;
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public int label(int index) {
    return all.label(indices[index]);
  }

  @Override
  public int sequence(int index) {
    return all.sequence(indices[index]);
  }

  @Override
  public Picture picture(int index) throws DataException {
    return all.picture(indices[index]);
  }
}
