package dev.sluice.training.data;

import dev.sluice.protocol.codec.PictureCodec.Picture;

/** Pictures with their classes, by number. Thread-safe; pictures are made when asked for. */
public interface LabelledImages {
  /** Returns the number of pictures. */
  int size();

  /** Returns the class of a picture, at least 0. */
  int label(int index);

  /** Returns the number of the sequence (drive) a picture belongs to, -1 for none. */
  default int sequence(int index) {
    return -1;
  }

  /**
   * Returns a picture; callers may keep it but not modify it.
   *
   * @throws DataException if it cannot be read; the message names the file
   */
  Picture picture(int index) throws DataException;

  /** Returns the first pictures in a seeded order, all of them if there are no more. */
  default LabelledImages sample(int most, long seed) {
    return most >= size() ? this : Selection.of(this, Selection.firstShuffled(size(), most, seed));
  }

  /** Returns these pictures followed by their mirror images. */
  default LabelledImages withMirrorImages() {
    return new Mirrored(this);
  }
}
