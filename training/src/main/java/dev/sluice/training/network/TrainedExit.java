package dev.sluice.training.network;

/**
 * An early exit as trained.
 *
 * @param tensor name of the backbone's tensor that the head reads, also the name of its input
 * @param macsBefore multiply-accumulates of the backbone up to that tensor
 * @param macShare the same as a share of the whole backbone, in (0, 1)
 * @param headMacs multiply-accumulates of the head
 * @param onnx the head: {@code [N, C, H, W]} to {@code logits [N, classes]}; shared, do not modify
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record TrainedExit(
    String tensor, long macsBefore, double macShare, long headMacs, byte[] onnx) {}
