package dev.sluice.model.bundle;

/** How an exit comes to its logits. */
public enum HeadKind {
  /** The network's own output, or a branch that the network brought itself. */
  BACKBONE,
  /** Mean and max pooled channels, then a fully connected layer. */
  POOLED_LINEAR,
  /** Convolutions that reduce the channels, pooling, then a fully connected layer. */
  CONVOLUTIONAL,
  /** Pools the tokens of a transformer, then a fully connected layer. */
  TOKEN_POOLING
}
