package dev.sluice.edge.session;

/** Where an answer was computed. */
public enum Place {
  /** On the device, by one of the exits it reached. */
  DEVICE,
  /** In the cloud. */
  CLOUD
}
