package dev.sluice.training.roadsigns;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A seeded generator of 96×96 RGB dashcam crops with one road sign each, drawn from plain shapes.
 *
 * <p>Frames are independent scenes; drives are approaches to one sign. Both have the same
 * distribution of scenes and of sizes: in a drive the sign grows by the same factor every second
 * (the car brakes), so frames draw the logarithm of its size uniformly. Everything follows from
 * (seed, set, index): no order of calls, no thread and no clock matters. The same JDK gives the
 * same bytes; another one may round antialiased edges differently, as the Java2D rasteriser is not
 * specified to the bit.
 *
 * <p>Immutable and safe for use by several threads. A frame takes about half a millisecond.
 */
public final class RoadSigns {
  /** Width and height of a frame in pixels. */
  public static final int SIDE = 96;

  /** Bytes of a frame: {@code SIDE × SIDE × 3}. */
  public static final int FRAME_BYTES = SIDE * SIDE * 3;

  /** The seed of the published network and bundle. */
  public static final long DEFAULT_SEED = 20;

  /** Frame rate of a drive where nobody asks for another. */
  public static final double DEFAULT_FRAMES_PER_SECOND = 5;

  private static final double FARTHEST_FILL = 0.25;
  private static final double NEAREST_FILL = 0.9;
  private static final List<String> LABELS =
      Arrays.stream(SignClass.values()).map(SignClass::label).toList();

  private final long seed;

  /**
   * Makes a generator.
   *
   * @param seed chooses the world; generators of different seeds share no scene in practice
   */
  public RoadSigns(long seed) {
    this.seed = seed;
  }

  /** Names of the classes, in order of their index. */
  public static List<String> labels() {
    return LABELS;
  }

  /**
   * Draws an independent frame.
   *
   * @param set whose scenes to take
   * @param index in [0, {@link DataSet#SCENES_PER_KIND})
   * @throws IllegalArgumentException if the index is out of range
   */
  public LabelledFrame frame(DataSet set, long index) {
    var random = sceneRandom(set, DataSet.Kind.FRAME, index);
    var scene = Scene.sample(random);
    double nearness = random.nextDouble();
    return render(scene, fillAt(nearness), nearness, random.split());
  }

  /** Draws a drive at {@link #DEFAULT_FRAMES_PER_SECOND}. */
  public Drive drive(DataSet set, long index) {
    return drive(set, index, DEFAULT_FRAMES_PER_SECOND);
  }

  /**
   * Draws a drive: 2.4 to 4 seconds from where the sign fills a quarter of the frame to where it
   * fills nine tenths (12 to 20 frames at 5 frames per second).
   *
   * @param set whose scenes to take
   * @param index in [0, {@link DataSet#SCENES_PER_KIND})
   * @param framesPerSecond in (0, 1000]
   * @throws IllegalArgumentException if an argument is out of range
   */
  public Drive drive(DataSet set, long index, double framesPerSecond) {
    if (!(framesPerSecond > 0 && framesPerSecond <= 1000)) {
      throw new IllegalArgumentException("framesPerSecond not in (0, 1000]: " + framesPerSecond);
    }
    var random = sceneRandom(set, DataSet.Kind.DRIVE, index);
    var scene = Scene.sample(random);
    double seconds = 2.4 + 1.6 * random.nextDouble();
    int count = Math.max(1, (int) Math.round(seconds * framesPerSecond));
    List<LabelledFrame> frames = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      double nearness = (i + 0.5) / count;
      frames.add(render(scene, fillAt(nearness), nearness, random.split()));
    }
    return new Drive(index, scene.sign().index(), framesPerSecond, frames);
  }

  private static LabelledFrame render(
      Scene scene, double fill, double nearness, SplittableRandom random) {
    int[] pixels = SceneRenderer.render(scene, fill, nearness, random);
    byte[] rgb = CameraEffects.expose(pixels, scene, random);
    return new LabelledFrame(rgb, scene.sign().index(), fill);
  }

  private static double fillAt(double nearness) {
    return FARTHEST_FILL * Math.pow(NEAREST_FILL / FARTHEST_FILL, nearness);
  }

  /** SplittableRandom's own mixing is a bijection, so distinct scene numbers start apart. */
  private SplittableRandom sceneRandom(DataSet set, DataSet.Kind kind, long index) {
    return new SplittableRandom(mix(seed) + set.sceneNumber(kind, index));
  }

  /** Stafford's variant 13 of the 64-bit finaliser, to set worlds of nearby seeds far apart. */
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
