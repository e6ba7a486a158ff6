package dev.sluice.experiments.study.codec;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.calibrate.Replay;
import dev.sluice.training.data.DataException;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Pictures that a network was trained on, made as hard for it as new ones. It gets nearly all of
 * them right by a wide margin, so that hardly any loss is seen on them; so each is blended with
 * another of the set, some hardly and some much, until the network is right about as often as its
 * authors saw on pictures that were new to it. The label is that of the picture that dominates.
 *
 * <p>Only an accuracy that others published decides how much, so that nothing of <em>test</em> is
 * used. Immutable, thread-safe as the set is.
 *
 * @param images all of one size
 * @param most share of the other picture at most, in {@code [0, 0.5]}; uniform from 0 on
 * @param seed chooses shares and partners
 */
record Unlearnt(LabelledImages images, double most, long seed) implements LabelledImages {
  private static final double MOST = 0.5;
  private static final int HALVINGS = 6;

  Unlearnt {
    if (images.size() < 2 || !(most >= 0 && most <= MOST)) {
      throw new IllegalArgumentException(
          images.size() + " pictures, up to " + most + " of another: nothing to blend");
    }
  }

  /** Returns a subject's select set, blended where the subject says that it was learnt. */
  static LabelledImages select(Subject subject, Replay replay, int threads, long seed)
      throws IOException {
    LabelledImages learnt = subject.select();
    if (subject.unseenAccuracy().isEmpty()) {
      return learnt;
    }
    double wanted = subject.unseenAccuracy().getAsDouble();
    if (accuracy(subject, replay, learnt, threads) <= wanted) {
      return learnt;
    }
    double low = 0;
    double high = MOST;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (low + high) / 2;
      boolean isEasy =
          accuracy(subject, replay, new Unlearnt(learnt, middle, seed), threads) > wanted;
      low = isEasy ? middle : low;
      high = isEasy ? high : middle;
    }
    return new Unlearnt(learnt, high, seed);
  }

  private static double accuracy(Subject subject, Replay replay, LabelledImages images, int threads)
      throws IOException {
    Trial uncut = new Trial(subject, replay, images, threads);
    uncut.run(List.of(), uncut.all());
    return uncut.uncut().accuracy(0, uncut.all());
  }

  @Override
  public int size() {
    return images.size();
  }

  @Override
  public int label(int index) {
    return images.label(index);
  }

  @Override
  public int sequence(int index) {
    return images.sequence(index);
  }

  @Override
  public Picture picture(int index) throws DataException {
    SplittableRandom random = new SplittableRandom(seed + index);
    double share = most * random.nextDouble();
    int other = (index + 1 + random.nextInt(size() - 1)) % size();
    return blend(images.picture(index), images.picture(other), share);
  }

  private static Picture blend(Picture picture, Picture other, double share) {
    byte[] mine = picture.rgb();
    byte[] theirs = other.rgb();
    if (picture.width() != other.width() || mine.length != theirs.length) {
      throw new IllegalArgumentException("pictures of different sizes cannot be blended");
    }
    byte[] blended = new byte[mine.length];
    for (int i = 0; i < mine.length; i++) {
      double own = Byte.toUnsignedInt(mine[i]);
      blended[i] = (byte) Math.round(own + share * (Byte.toUnsignedInt(theirs[i]) - own));
    }
    return new Picture(blended, picture.width(), picture.height());
  }
}
