package dev.sluice.edge.session;

/** The live tensors of one frame at a cut. Opaque to the session, which owns and closes it once. */
public interface Sample extends AutoCloseable {

  @Override
  void close();
}
