package dev.sluice.experiments.study.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.data.DataException;
import dev.sluice.training.data.LabelledImages;

/** Pictures of one set followed by those of another. */
record Joined(LabelledImages first, LabelledImages second) implements LabelledImages {
  @Override
  public int size() {
    return first.size() + second.size();
  }

  @Override
  public int label(int index) {
    return index < first.size() ? first.label(index) : second.label(index - first.size());
  }

  @Override
  public int sequence(int index) {
    return index < first.size() ? first.sequence(index) : second.sequence(index - first.size());
  }

  @Override
  public Picture picture(int index) throws DataException {
    return index < first.size() ? first.picture(index) : second.picture(index - first.size());
  }
}
