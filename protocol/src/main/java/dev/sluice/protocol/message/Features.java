package dev.sluice.protocol.message;

/** What a {@link Hello} may ask for and a {@link Welcome} promise. Unknown names are ignored. */
public final class Features {
  /** The device wants to hear of changes of load: {@link Load}. */
  public static final String LOAD = "load";

  /** The worker sends {@link Partial} answers to requests that ask for them. */
  public static final String PARTIALS = "partials";

  private Features() {}
}
