package dev.sluice.model.stage;

/** A request goes beyond the part of the network that a model was limited to. */
public final class BeyondLimitException extends StageRequestException {
  private static final long serialVersionUID = 1L;

  BeyondLimitException(String network, int cut, int deepestCut) {
    super(
        "%s is limited to cut %d on this device, for want of memory; cut %d is beyond it"
            .formatted(network, deepestCut, cut));
  }
}
