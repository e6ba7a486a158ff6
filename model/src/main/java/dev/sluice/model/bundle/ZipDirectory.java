package dev.sluice.model.bundle;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The entries of a zip, read by its directory at the end, with every claim checked against the
 * others and against the bytes before memory is taken for it.
 *
 * <pre>
 *   local header | data      once per entry, in any order, without overlap
 *   directory header         once per entry: name, method, CRC, sizes, where the local header is
 *   end record               how many entries, where the directory is, how long
 * </pre>
 *
 * <p>Refused: entries that lead elsewhere or are links, that are there twice (or differ by case
 * alone), are encrypted, overlap, or unpack to other bytes than the directory says; directories
 * that are not where the end record says; and bombs. Java's own reader takes the directory's word,
 * so it is not used. APPNOTE.TXT 6.3.10 of PKWARE is the format.
 */
final class ZipDirectory implements Closeable {
  private static final int MAX_ENTRIES = 4096;
  private static final int MAX_DIRECTORY_BYTES = 4 << 20;

  /** A zip that unpacks to so much more is no bundle: weights hardly shrink. */
  private static final long MAX_RATIO = 100;

  private static final long RATIO_COUNTS_FROM = 64L << 20;

  /** Deflate writes at least a bit for each 258 bytes it repeats. */
  private static final long DEFLATE_LIMIT = 1032;

  private static final int END_BYTES = 22;
  private static final int END = 0x06054b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL_BYTES = 30;
  private static final int LOCAL = 0x04034b50;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final int ENCRYPTED = 1 | (1 << 6) | (1 << 13);
  private static final Set<Integer> UNIX = Set.of(3, 19);
  private static final int FILE_TYPE = 0170000;
  private static final Set<Integer> PLAIN_TYPES = Set.of(0, 0100000, 0040000);

  private final Path zip;
  private final FileChannel channel;
  private final Map<String, Entry> entries;
  private final long directoryAt;

  private ZipDirectory(
      Path zip, FileChannel channel, Map<String, Entry> entries, long directoryAt) {
    this.zip = zip;
    this.channel = channel;
    this.entries = entries;
    this.directoryAt = directoryAt;
  }

  private record Entry(
      String name, int method, long crc, long packed, long size, long localAt, int nameBytes) {}

  private record End(int entries, long directoryBytes, long directoryAt) {}

  /**
   * Opens a zip and checks its directory.
   *
   * @param maxBytes most bytes that all entries may unpack to together
   */
  static ZipDirectory open(Path zip, long maxBytes) throws BundleException {
    FileChannel channel;
    try {
      channel = FileChannel.open(zip, StandardOpenOption.READ);
    } catch (IOException e) {
      throw new BundleException(
          zip.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    }
    boolean read = false;
    try {
      End end = end(zip, channel);
      Map<String, Entry> entries = directory(zip, channel, end, maxBytes);
      read = true;
      return new ZipDirectory(zip, channel, entries, end.directoryAt());
    } catch (BundleException e) {
      throw e;
    } catch (IOException e) {
      throw new BundleException(
          zip.toString(), "cannot be read: " + e.getMessage(), "check its permissions", e);
    } finally {
      if (!read) {
        closeQuietly(channel);
      }
    }
  }

  private static End end(Path zip, FileChannel channel) throws IOException {
    long length = channel.size();
    int tail = (int) Math.min(length, END_BYTES + 0xffff);
    ByteBuffer bytes = read(channel, length - tail, tail);
    for (int at = tail - END_BYTES; at >= 0; at--) {
      if (bytes.getInt(at) != END || at + END_BYTES + u16(bytes, at + 20) != tail) {
        continue;
      }
      long endAt = length - tail + at;
      int entries = u16(bytes, at + 10);
      long directoryBytes = u32(bytes, at + 12);
      long directoryAt = u32(bytes, at + 16);
      if (entries == 0xffff || directoryAt == 0xffffffffL) {
        throw wrong(zip.toString(), "is a zip of the 64-bit kind, which no bundle needs");
      }
      if (entries > MAX_ENTRIES || directoryBytes > MAX_DIRECTORY_BYTES) {
        throw wrong(zip.toString(), "has more than " + MAX_ENTRIES + " files");
      }
      if (u16(bytes, at + 4) != 0
          || u16(bytes, at + 8) != entries
          || directoryAt + directoryBytes != endAt) {
        throw lies(zip.toString());
      }
      return new End(entries, directoryBytes, directoryAt);
    }
    throw new BundleException(
        zip.toString(),
        "is neither a bundle directory nor a readable zip",
        "check the path or get the bundle anew");
  }

  private static Map<String, Entry> directory(Path zip, FileChannel channel, End end, long maxBytes)
      throws IOException {
    ByteBuffer bytes = read(channel, end.directoryAt(), (int) end.directoryBytes());
    Map<String, Entry> entries = new HashMap<>();
    Map<String, String> folded = new HashMap<>();
    List<Entry> all = new ArrayList<>();
    for (int i = 0; i < end.entries(); i++) {
      Entry entry = entry(zip, bytes);
      all.add(entry);
      if (entry.name().endsWith("/")) {
        continue;
      }
      String twin = folded.putIfAbsent(BundlePaths.folded(entry.name()), entry.name());
      if (twin != null) {
        throw wrong(
            zip + "!" + entry.name(),
            twin.equals(entry.name())
                ? "is in the zip twice"
                : "is the same as " + twin + " on many systems");
      }
      entries.put(entry.name(), entry);
    }
    if (bytes.hasRemaining()) {
      throw lies(zip.toString());
    }
    checkSizes(zip, all, maxBytes);
    checkOverlap(zip, all, end.directoryAt());
    return entries;
  }

  private static Entry entry(Path zip, ByteBuffer bytes) throws BundleException {
    int at = bytes.position();
    if (bytes.remaining() < CENTRAL_BYTES || bytes.getInt(at) != CENTRAL) {
      throw lies(zip.toString());
    }
    int nameBytes = u16(bytes, at + 28);
    int all = CENTRAL_BYTES + nameBytes + u16(bytes, at + 30) + u16(bytes, at + 32);
    if (bytes.remaining() < all) {
      throw lies(zip.toString());
    }
    String name;
    try {
      name =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(bytes.slice(at + CENTRAL_BYTES, nameBytes))
              .toString();
    } catch (CharacterCodingException e) {
      throw wrong(zip.toString(), "has a file whose name is not UTF-8");
    }
    bytes.position(at + all);
    // Whoever wrote the name may want to write lines of his own into a log.
    String where = zip + "!" + name.replaceAll("\\p{Cntrl}", "?");
    boolean folder = name.endsWith("/");
    if (!BundlePaths.isSafe(folder ? name.substring(0, name.length() - 1) : name)) {
      throw new BundleException(
          where, "path leads out of the bundle", "do not use this file; get the bundle anew");
    }
    int madeBy = u16(bytes, at + 4) >>> 8;
    int type = (int) (u32(bytes, at + 38) >>> 16) & FILE_TYPE;
    if (UNIX.contains(madeBy) && !PLAIN_TYPES.contains(type)) {
      throw wrong(where, "is a link or a device, not a file");
    }
    if ((u16(bytes, at + 8) & ENCRYPTED) != 0) {
      throw wrong(where, "is encrypted");
    }
    int method = u16(bytes, at + 10);
    if (method != STORED && method != DEFLATED) {
      throw wrong(where, "is packed by method " + method + ", not by deflate");
    }
    Entry entry =
        new Entry(
            name,
            method,
            u32(bytes, at + 16),
            u32(bytes, at + 20),
            u32(bytes, at + 24),
            u32(bytes, at + 42),
            nameBytes);
    boolean possible =
        method == STORED
            ? entry.packed() == entry.size()
            : entry.size() <= (entry.packed() + 1) * DEFLATE_LIMIT;
    if (!possible || (folder && entry.size() > 0)) {
      throw lies(where);
    }
    return entry;
  }

  private static void checkSizes(Path zip, List<Entry> entries, long maxBytes)
      throws BundleException {
    long packed = 0;
    long size = 0;
    for (Entry entry : entries) {
      packed += entry.packed();
      size += entry.size();
    }
    if (size > maxBytes) {
      throw new BundleException(
          zip.toString(),
          "unpacks to " + size + " bytes, more than " + maxBytes,
          "get or prepare a smaller bundle, or give Java more memory (-Xmx)");
    }
    if (size > RATIO_COUNTS_FROM && size > MAX_RATIO * packed) {
      throw wrong(
          zip.toString(),
          "unpacks to more than " + MAX_RATIO + " times its size, as no bundle does");
    }
  }

  /** Entries that share bytes make small zips unpack to much. */
  private static void checkOverlap(Path zip, List<Entry> entries, long directoryAt)
      throws BundleException {
    List<Entry> inOrder = new ArrayList<>(entries);
    inOrder.sort(Comparator.comparingLong(Entry::localAt));
    for (int i = 0; i < inOrder.size(); i++) {
      Entry entry = inOrder.get(i);
      long next = i + 1 < inOrder.size() ? inOrder.get(i + 1).localAt() : directoryAt;
      if (entry.localAt() + LOCAL_BYTES + entry.nameBytes() + entry.packed() > next) {
        throw wrong(zip + "!" + entry.name(), "overlaps with what follows it");
      }
    }
  }

  /** Returns the names of its files, folders left out. */
  Set<String> names() {
    return entries.keySet();
  }

  /** Returns an entry's content, or nothing if there is no such entry. */
  Optional<byte[]> content(String name, long maxBytes) throws BundleException {
    Entry entry = entries.get(name);
    if (entry == null) {
      return Optional.empty();
    }
    String where = zip + "!" + name;
    if (entry.size() > maxBytes || entry.size() > Integer.MAX_VALUE - 16) {
      throw BundleFiles.tooLarge(where, "more than " + maxBytes + " bytes");
    }
    try {
      ByteBuffer local = read(channel, entry.localAt(), LOCAL_BYTES);
      if (local.getInt(0) != LOCAL
          || u16(local, 8) != entry.method()
          || u16(local, 26) != entry.nameBytes()) {
        throw lies(where);
      }
      ByteBuffer localName = read(channel, entry.localAt() + LOCAL_BYTES, entry.nameBytes());
      if (!StandardCharsets.UTF_8.decode(localName).toString().equals(name)) {
        throw lies(where);
      }
      long dataAt = entry.localAt() + LOCAL_BYTES + entry.nameBytes() + u16(local, 28);
      if (dataAt + entry.packed() > directoryAt) {
        throw lies(where);
      }
      byte[] content = new byte[(int) entry.size()];
      if (entry.method() == STORED) {
        read(channel, dataAt, content.length).get(content);
      } else {
        inflate(entry, dataAt, content, where);
      }
      CRC32 crc = new CRC32();
      crc.update(content);
      if (crc.getValue() != entry.crc()) {
        throw wrong(where, "is damaged: its checksum in the zip is another one");
      }
      return Optional.of(content);
    } catch (BundleException e) {
      throw e;
    } catch (IOException e) {
      throw new BundleException(
          where, "cannot be unpacked: " + e.getMessage(), "get the bundle anew", e);
    }
  }

  private void inflate(Entry entry, long dataAt, byte[] content, String where) throws IOException {
    Inflater inflater = new Inflater(true);
    try {
      long taken = 0;
      int filled = 0;
      byte[] tail = new byte[1];
      while (!inflater.finished()) {
        if (inflater.needsInput()) {
          int piece = (int) Math.min(1 << 16, entry.packed() - taken);
          if (piece == 0) {
            throw lies(where);
          }
          inflater.setInput(read(channel, dataAt + taken, piece));
          taken += piece;
        }
        int got =
            filled < content.length
                ? inflater.inflate(content, filled, content.length - filled)
                : inflater.inflate(tail);
        if ((filled == content.length && got > 0) || inflater.needsDictionary()) {
          throw lies(where);
        }
        filled += got;
      }
      if (filled != content.length || inflater.getBytesRead() != entry.packed()) {
        throw lies(where);
      }
    } catch (DataFormatException e) {
      throw new BundleException(
          where, "cannot be unpacked: it is damaged", "get the bundle anew", e);
    } finally {
      inflater.end();
    }
  }

  private static ByteBuffer read(FileChannel channel, long at, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        throw new EOFException("it ends too early");
      }
    }
    return bytes.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int u16(ByteBuffer bytes, int at) {
    return Short.toUnsignedInt(bytes.getShort(at));
  }

  private static long u32(ByteBuffer bytes, int at) {
    return Integer.toUnsignedLong(bytes.getInt(at));
  }

  private static BundleException wrong(String where, String trouble) {
    return new BundleException(where, trouble, "do not use this file; get the bundle anew");
  }

  private static BundleException lies(String where) {
    return wrong(where, "is not what the zip's directory says of it");
  }

  @Override
  public void close() {
    closeQuietly(channel);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Everything that was wanted has been read.
    }
  }
}
