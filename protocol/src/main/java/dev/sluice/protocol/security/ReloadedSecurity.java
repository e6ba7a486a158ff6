package dev.sluice.protocol.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A worker's security that follows its files, so that a certificate can be renewed and a token be
 * withdrawn without a restart. New connections get the new one; open ones keep theirs.
 *
 * <p>Thread-safe. It does not look by itself: somebody calls {@link #check} now and then, on a
 * thread that may block.
 */
public final class ReloadedSecurity implements Supplier<ServerSecurity> {
  private final ServerKeyFiles files;
  private final InstantSource clock;
  private final Consumer<String> log;

  private volatile ServerSecurity current;

  /** Of the files in use; those that cannot be used are tried again and again. */
  private List<String> seen;

  private String complaint = "";

  /**
   * Reads the files for the first time.
   *
   * @param log gets a line when files were read anew, or could not be
   * @throws KeyFileException if one cannot be used
   */
  public ReloadedSecurity(ServerKeyFiles files, InstantSource clock, Consumer<String> log)
      throws KeyFileException {
    this.files = files;
    this.clock = clock;
    this.log = log;
    seen = stamps();
    current = ServerSecurity.of(files, clock);
  }

  @Override
  public ServerSecurity get() {
    return current;
  }

  /** Reads the files again if one has changed; what cannot be used leaves the last good ones. */
  public synchronized void check() {
    List<String> now = stamps();
    if (now.equals(seen)) {
      complaint = "";
      return;
    }
    try {
      current = ServerSecurity.of(files, clock);
      seen = now;
      complaint = "";
      log.accept("keys, certificates and tokens were read anew for new connections");
    } catch (KeyFileException unusable) {
      String why = String.valueOf(unusable.getMessage());
      if (!why.equals(complaint)) {
        complaint = why;
        log.accept(why + "; the last good files stay in use");
      }
    }
  }

  private List<String> stamps() {
    List<String> stamps = new ArrayList<>();
    for (Path file : files.all()) {
      try {
        BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class);
        stamps.add(a.lastModifiedTime() + " " + a.size() + " " + a.fileKey());
      } catch (IOException away) {
        stamps.add("away");
      }
    }
    return stamps;
  }
}
