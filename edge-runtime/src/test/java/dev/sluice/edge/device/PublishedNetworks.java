package dev.sluice.edge.device;

import java.util.ArrayList;
import java.util.List;

/**
 * The operators of the networks whose times are published, written down from the papers: He, Zhang,
 * Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, table 1 (with the stride
 * in the 3×3 convolution, as in the implementations measured), and Sandler, Howard, Zhu, Zhmoginov
 * and Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, table 2.
 */
final class PublishedNetworks {
  private final List<OperatorWork> work = new ArrayList<>();

  private PublishedNetworks() {}

  static List<OperatorWork> named(String name) {
    return switch (name) {
      case "ResNet-18" -> residual(false, 2, 2, 2, 2);
      case "ResNet-34" -> residual(false, 3, 4, 6, 3);
      case "ResNet-50" -> residual(true, 3, 4, 6, 3);
      case "ResNet-101" -> residual(true, 3, 4, 23, 3);
      case "MobileNetV2" -> mobileNetV2();
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static List<OperatorWork> residual(boolean bottleneck, int... blocks) {
    PublishedNetworks net = new PublishedNetworks();
    net.dense(3, 64, 7, 112);
    net.memory(64, 56);
    int channels = 64;
    int size = 56;
    for (int stage = 0; stage < blocks.length; stage++) {
      int width = 64 << stage;
      int out = bottleneck ? 4 * width : width;
      for (int block = 0; block < blocks[stage]; block++) {
        int before = size;
        size /= stage > 0 && block == 0 ? 2 : 1;
        if (bottleneck) {
          net.dense(channels, width, 1, before);
          net.dense(width, width, 3, size);
          net.dense(width, out, 1, size);
        } else {
          net.dense(channels, width, 3, size);
          net.dense(width, width, 3, size);
        }
        if (channels != out) {
          net.dense(channels, out, 1, size);
        }
        net.memory(out, size);
        channels = out;
      }
    }
    net.memory(channels, 1);
    net.dense(channels, 1000, 1, 1);
    return net.work;
  }

  private static List<OperatorWork> mobileNetV2() {
    PublishedNetworks net = new PublishedNetworks();
    net.dense(3, 32, 3, 112);
    int channels = 32;
    int size = 112;
    // Expansion, channels, repeats, stride.
    int[][] rows = {
      {1, 16, 1, 1},
      {6, 24, 2, 2},
      {6, 32, 3, 2},
      {6, 64, 4, 2},
      {6, 96, 3, 1},
      {6, 160, 3, 2},
      {6, 320, 1, 1}
    };
    for (int[] row : rows) {
      for (int repeat = 0; repeat < row[2]; repeat++) {
        int stride = repeat == 0 ? row[3] : 1;
        int wide = channels * row[0];
        if (row[0] > 1) {
          net.dense(channels, wide, 1, size);
        }
        size /= stride;
        net.work.add(OperatorWork.depthwise((long) wide * 9 * size * size));
        net.dense(wide, row[1], 1, size);
        if (stride == 1 && channels == row[1]) {
          net.memory(channels, size);
        }
        channels = row[1];
      }
    }
    net.dense(channels, 1280, 1, size);
    net.memory(1280, 1);
    net.dense(1280, 1000, 1, 1);
    return net.work;
  }

  private void dense(int from, int to, int kernel, int size) {
    work.add(OperatorWork.dense((long) from * to * kernel * kernel * size * size));
  }

  /** Reads and writes floats. */
  private void memory(int channels, int size) {
    work.add(OperatorWork.memory(2L * Float.BYTES * channels * size * size));
  }
}
