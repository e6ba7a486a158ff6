package dev.sluice.training.head;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * The tokens of a transformer: their mean, and the first of them, which many transformers train to
 * stand for the whole (Devlin and others, "BERT", NAACL 2019; Dosovitskiy and others, "An Image is
 * Worth 16x16 Words", ICLR 2021). A mask among the cut's tensors leaves out padding.
 *
 * @param tensor which tensor of the cut has the tokens, from 0
 * @param tokens at least 1
 * @param width features of a token, at least 1
 * @param mask what tells tokens from padding, if anything does
 */
public record TokenView(int tensor, int tokens, int width, Optional<Mask> mask)
    implements HeadView {
  /** Above this an additive mask lets a token through: such masks hold 0 and large negatives. */
  public static final float LEAST_ADDED = -0.5f;

  /**
   * A tensor with one number per token.
   *
   * @param tensor which tensor of the cut, from 0
   * @param additive whether tokens have 0 and padding a large negative number, as it is added to
   *     attention scores; or else padding has 0 and tokens have something else
   */
  public record Mask(int tensor, boolean additive) {
    /** Returns whether a number marks a token. */
    public boolean passes(float value) {
      return additive ? value > LEAST_ADDED : value != 0;
    }
  }

  public TokenView {
    if (tensor < 0 || tokens < 1 || width < 1) {
      throw new IllegalArgumentException("%d tokens of %d features".formatted(tokens, width));
    }
  }

  @Override
  public int features() {
    return 2 * width;
  }

  @Override
  public void apply(List<FloatBuffer> tensors, float[] out) {
    FloatBuffer values = tensors.get(tensor);
    int base = values.position();
    double[] sums = new double[width];
    int counted = 0;
    for (int t = 0; t < tokens; t++) {
      if (passes(tensors, t)) {
        counted++;
        for (int i = 0; i < width; i++) {
          sums[i] += values.get(base + t * width + i);
        }
      }
    }
    for (int i = 0; i < width; i++) {
      out[i] = (float) (sums[i] / Math.max(1, counted));
      out[width + i] = values.get(base + i);
    }
  }

  private boolean passes(List<FloatBuffer> tensors, int token) {
    if (mask.isEmpty()) {
      return true;
    }
    FloatBuffer values = tensors.get(mask.get().tensor());
    return mask.get().passes(values.get(values.position() + token));
  }
}
