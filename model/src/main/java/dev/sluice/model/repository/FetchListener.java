package dev.sluice.model.repository;

/** Hears how fetching goes; called by several threads, one at a time. */
public interface FetchListener {
  /** Hears nothing. */
  FetchListener SILENT = new FetchListener() {};

  /**
   * Files are fetched that the cache has not.
   *
   * @param address where from, without credentials
   * @param files how many files
   * @param bytes bytes of all of them, or -1 where the server has not said it yet
   */
  default void begins(String address, int files, long bytes) {}

  /**
   * Bytes have come.
   *
   * @param bytes bytes so far, those of an earlier, interrupted fetch included
   * @param all bytes of all files, or -1 where the server has not said it yet
   */
  default void progresses(long bytes, long all) {}

  /** Everything is there and verified. */
  default void ends(String address, long bytes) {}

  /** Something is not as it should be, such as a server that cannot be reached; one line. */
  default void warns(String warning) {}
}
