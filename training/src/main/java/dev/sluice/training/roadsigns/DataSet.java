package dev.sluice.training.roadsigns;

/**
 * The five disjoint uses of data. Each owns a range of scene seeds that no other set can reach, so
 * a scene met in training never comes back in a test.
 */
public enum DataSet {
  /** Weights, transforms and entropy tables are fitted here. */
  TRAIN(0),
  /** Exits are calibrated here. */
  TEMPERATURE(1),
  /** Thresholds, plans and codecs are chosen here. */
  SELECT(2),
  /** Accuracy floors are proven here. */
  CERTIFY(3),
  /** Results are reported from here, once. */
  TEST(4);

  /** Scenes of one kind (independent frames, or drives) in each set: indices are in [0, this). */
  public static final long SCENES_PER_KIND = 1L << 40;

  /** What a scene is made for; the two kinds of a set share no scene either. */
  enum Kind {
    FRAME(0),
    DRIVE(1);

    private final int range;

    Kind(int range) {
      this.range = range;
    }
  }

  private final int range;

  DataSet(int range) {
    this.range = range;
  }

  /** The scene's number, unique over all sets, kinds and indices. */
  long sceneNumber(Kind kind, long index) {
    if (index < 0 || index >= SCENES_PER_KIND) {
      throw new IllegalArgumentException(
          "index not in [0, %d): %d".formatted(SCENES_PER_KIND, index));
    }
    return (2L * range + kind.range) * SCENES_PER_KIND + index;
  }
}
