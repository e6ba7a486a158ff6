package dev.sluice.edge.agent;

import dev.sluice.model.bundle.Bundle;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A machine behind ssh. Files go there under names that hold their digest, into {@code
 * .cache/sluice-board} of the user's home, and stay there: the next time only what is new is
 * copied.
 *
 * <p>Each step is one call of the ssh command with the host and a line for the shell there.
 */
final class SshBoard {
  private static final String CACHE = ".cache/sluice-board";
  private static final int LEAST_JAVA = 17;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int DIGEST_CHARACTERS = 12;

  /** What is told of a failure: more would hide the reason, one line often lacks it. */
  private static final int MOST_SAID_LINES = 5;

  private static final int MOST_SAID_CHARACTERS = 300;
  private static final int MOST_SAID_BYTES = 8 << 10;
  private static final Pattern JAVA_VERSION = Pattern.compile("version \"(?:1\\.)?(\\d+)");

  private final List<String> ssh;
  private final String host;
  private final Consumer<String> progress;

  /**
   * Names a board.
   *
   * @param ssh the command with its options
   * @param host as that command names it
   * @param progress gets a line for people at each step
   */
  SshBoard(List<String> ssh, String host, Consumer<String> progress) {
    this.ssh = List.copyOf(ssh);
    this.host = host;
    this.progress = progress;
  }

  /**
   * Measures a bundle there.
   *
   * @return the profile in JSON
   * @throws IOException if the host cannot be reached, lacks Java, or the measurement fails there;
   *     the message has the last lines that it said
   */
  byte[] profile(Bundle bundle, int threads, int repetitions)
      throws IOException, InterruptedException {
    requireJava();
    Path work = Files.createTempDirectory("sluice-profile");
    try {
      List<Path> files = new ArrayList<>(classPath(work));
      Path zip = work.resolve("bundle.zip");
      bundle.writeZip(zip);
      files.add(zip);
      List<String> names = copy(files);
      String bundleThere = names.get(names.size() - 1);
      progress.accept("measuring on " + host);
      String command =
          "cd %s && CLASSPATH=%s java -Dai.djl.offline=true -Djava.awt.headless=true %s %s"
                  .formatted(
                      CACHE,
                      String.join(":", names.subList(0, names.size() - 1)),
                      ProfileMain.class.getName(),
                      bundleThere)
              + " --threads %d --repetitions %d".formatted(threads, repetitions);
      return run(command, InputStream.nullInputStream());
    } finally {
      delete(work);
    }
  }

  private void requireJava() throws IOException, InterruptedException {
    String said =
        text(run("java -version 2>&1 || echo 'no java'; uname -sm", InputStream.nullInputStream()));
    Matcher version = JAVA_VERSION.matcher(said);
    if (!version.find() || Integer.parseInt(version.group(1)) < LEAST_JAVA) {
      throw new IOException(
          "%s has no Java %d: install it there, such as with 'sudo apt install"
                  .formatted(host, LEAST_JAVA)
              + " openjdk-17-jre-headless'");
    }
    String[] lines = said.strip().split("\\R", -1);
    progress.accept(host + " is " + lines[lines.length - 1]);
  }

  /** Copies what is not there yet; returns the names that the files have there. */
  private List<String> copy(List<Path> files) throws IOException, InterruptedException {
    Set<String> there =
        text(run("mkdir -p %s && ls %s".formatted(CACHE, CACHE), InputStream.nullInputStream()))
            .lines()
            .collect(Collectors.toSet());
    List<String> names = new ArrayList<>();
    for (Path file : files) {
      String plain = file.getFileName().toString().replaceAll("[^A-Za-z0-9._-]", "_");
      String name = digest(file) + "-" + plain;
      if (!there.contains(name)) {
        progress.accept("copying %s (%,d kB)".formatted(plain, Files.size(file) / 1000));
        try (InputStream in = Files.newInputStream(file)) {
          /* The link may break halfway; the board then sees the end of the input, no error. */
          run(
              "cd %s && cat > %s.part && [ $(wc -c < %s.part) -eq %d ] && mv %s.part %s"
                  .formatted(CACHE, name, name, Files.size(file), name, name),
              in);
        }
      }
      names.add(name);
    }
    return names;
  }

  /** This program's jars; folders of classes are packed. */
  private static List<Path> classPath(Path work) throws IOException {
    List<Path> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      if (entry.isEmpty()) {
        continue;
      }
      if (Files.isDirectory(path)) {
        jars.add(packed(path, work.resolve("classes-" + jars.size() + ".jar")));
      } else if (Files.isRegularFile(path)) {
        jars.add(path);
      }
    }
    return jars;
  }

  /** Packs a folder so that equal contents are equal bytes. */
  private static Path packed(Path folder, Path jar) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        ZipEntry entry = new ZipEntry(folder.relativize(file).toString().replace('\\', '/'));
        entry.setTime(0);
        zip.putNextEntry(entry);
        Files.copy(file, zip);
        zip.closeEntry();
      }
    }
    return jar;
  }

  private byte[] run(String line, InputStream stdin) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(ssh);
    command.add(host);
    command.add(line);
    Path errors = Files.createTempFile("sluice-ssh", ".txt");
    try {
      Process process = start(command, errors);
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      feed(process, stdin);
      try (InputStream from = process.getInputStream()) {
        from.transferTo(said);
      } finally {
        if (process.isAlive() && Thread.currentThread().isInterrupted()) {
          process.destroy();
        }
      }
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException("%s: %s (status %d)".formatted(host, lastSaid(errors), status));
      }
      return said.toByteArray();
    } finally {
      Files.deleteIfExists(errors);
    }
  }

  /** The end of what a command said: its last line alone often lacks the reason. */
  private static String lastSaid(Path errors) throws IOException {
    byte[] end;
    try (RandomAccessFile file = new RandomAccessFile(errors.toFile(), "r")) {
      file.seek(Math.max(0, file.length() - MOST_SAID_BYTES));
      end = new byte[(int) (file.length() - file.getFilePointer())];
      file.readFully(end);
    }
    List<String> lines =
        text(end).lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    return lines.isEmpty()
        ? "failed"
        : lines.stream()
            .skip(Math.max(0, lines.size() - MOST_SAID_LINES))
            .map(SshBoard::shortened)
            .collect(Collectors.joining(" / "));
  }

  private static String shortened(String line) {
    return line.length() <= MOST_SAID_CHARACTERS
        ? line
        : line.substring(0, MOST_SAID_CHARACTERS) + "...";
  }

  /** Gives a command its input, unless it ends without reading all of it; its status says why. */
  private static void feed(Process process, InputStream stdin) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    OutputStream to = process.getOutputStream();
    boolean reads = true;
    try {
      for (int n = stdin.read(buffer); n >= 0 && reads; n = stdin.read(buffer)) {
        reads = written(to, buffer, n);
      }
    } finally {
      closed(to);
    }
  }

  private static boolean written(OutputStream to, byte[] buffer, int count) {
    try {
      to.write(buffer, 0, count);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void closed(OutputStream to) {
    try {
      to.close();
    } catch (IOException e) {
      // As when it cannot be written: the command's status says why.
    }
  }

  private Process start(List<String> command, Path errors) throws IOException {
    try {
      return new ProcessBuilder(command).redirectError(errors.toFile()).start();
    } catch (IOException e) {
      throw new IOException("cannot start '%s': is it installed?".formatted(ssh.get(0)), e);
    }
  }

  private static String digest(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sha256.update(buffer, 0, n);
      }
      return HexFormat.of().formatHex(sha256.digest()).substring(0, DIGEST_CHARACTERS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
