package dev.sluice.experiments.study.codec;

/**
 * How a network's logits answer for the labels of a data set. Immutable.
 *
 * @param name in words, such as {@code 10-way}
 * @param outputs the outputs that compete for the answer; empty for all
 * @param outputOf for each label the output that means it
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
record Task(String name, int[] outputs, int[] outputOf) {
  /** Returns the task of a network whose outputs are the labels. */
  static Task ofAll(int classes) {
    int[] same = new int[classes];
    for (int i = 0; i < classes; i++) {
      same[i] = i;
    }
    return new Task(classes + "-way", new int[0], same);
  }

  private int competitors(float[] logits) {
    return outputs.length == 0 ? logits.length : outputs.length;
  }

  private int output(int competitor) {
    return outputs.length == 0 ? competitor : outputs[competitor];
  }

  /** Returns the output with the largest logit, the first among equals. */
  int answer(float[] logits) {
    int best = output(0);
    for (int i = 1; i < competitors(logits); i++) {
      if (logits[output(i)] > logits[best]) {
        best = output(i);
      }
    }
    return best;
  }

  /** Returns whether an answer is that of the label. */
  boolean isRight(int answer, int label) {
    return answer == outputOf[label];
  }

  /** Returns the cross-entropy against the label in nats. */
  double crossEntropy(float[] logits, int label) {
    return logSum(logits) - logits[outputOf[label]];
  }

  /** Returns the softmax probability of the answer. */
  double confidence(float[] logits) {
    return Math.exp(logits[answer(logits)] - logSum(logits));
  }

  private double logSum(float[] logits) {
    double largest = logits[answer(logits)];
    double sum = 0;
    for (int i = 0; i < competitors(logits); i++) {
      sum += Math.exp(logits[output(i)] - largest);
    }
    return largest + Math.log(sum);
  }
}
