package dev.sluice.training.data;

import dev.sluice.protocol.codec.PictureCodec.Picture;

/** Pictures whose classes have other numbers. */
final class Relabelled implements LabelledImages {
  private final LabelledImages all;
  private final int[] to;

  Relabelled(LabelledImages all, int[] to) {
    this.all = all;
    this.to = to.clone();
  }

  @Override
  public int size() {
    return all.size();
  }

  @Override
  public int label(int index) {
    return to[all.label(index)];
  }

  @Override
  public int sequence(int index) {
    return all.sequence(index);
  }

  @Override
  public Picture picture(int index) throws DataException {
    return all.picture(index);
  }
}
