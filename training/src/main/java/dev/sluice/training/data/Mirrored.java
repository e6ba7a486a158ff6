package dev.sluice.training.data;

import dev.sluice.protocol.codec.PictureCodec.Picture;

/** Every picture, then every picture seen in a mirror: twice the training data for nothing. */
final class Mirrored implements LabelledImages {
  private final LabelledImages all;

  Mirrored(LabelledImages all) {
    this.all = all;
  }

  @Override
  public int size() {
    return 2 * all.size();
  }

  @Override
  public int label(int index) {
    return all.label(index % all.size());
  }

  @Override
  public int sequence(int index) {
    return all.sequence(index % all.size());
  }

  @Override
  public Picture picture(int index) throws DataException {
    Picture picture = all.picture(index % all.size());
    return index < all.size() ? picture : mirror(picture);
  }

  private static Picture mirror(Picture picture) {
    byte[] in = picture.rgb();
    byte[] out = new byte[in.length];
    int width = picture.width();
    for (int y = 0; y < picture.height(); y++) {
      for (int x = 0; x < width; x++) {
        System.arraycopy(in, 3 * (y * width + x), out, 3 * (y * width + width - 1 - x), 3);
      }
    }
    return new Picture(out, width, picture.height());
  }
}
