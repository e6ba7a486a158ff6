package dev.sluice.training.network;

/**
 * A convolution as it is exported.
 *
 * @param weights {@code [out, in / groups, kernel, kernel]}
 * @param bias {@code [out]}
 * @param relu whether a ReLU follows
 */
@SuppressWarnings("ArrayRecordComponent") // Handed straight from the network to the writer.
record FoldedConv(ConvShape shape, float[] weights, float[] bias, boolean relu) {}
