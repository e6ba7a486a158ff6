package dev.sluice.training.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The classes of a network in order of its outputs, as people wrote them down. A line may begin
 * with the synset that names the class's folder ({@code n01440764 tench, Tinca tinca}); further
 * names stand behind commas.
 */
public final class Labels {
  private static final Pattern SYNSET = Pattern.compile("(n\\d{8})\\s+(.*)");

  private final List<String> lines;

  private Labels(List<String> lines) {
    this.lines = List.copyOf(lines);
  }

  /**
   * Reads labels from a file with one class per line, or from the text itself where no such file
   * exists and the text has commas.
   *
   * @throws DataException if there are fewer than two labels, or neither a file nor a list
   */
  public static Labels read(String fileOrList) throws DataException {
    Path file = Path.of(fileOrList);
    List<String> lines;
    if (Files.isRegularFile(file)) {
      try {
        lines = Files.readAllLines(file);
      } catch (IOException e) {
        throw new DataException(
            file + ": labels cannot be read as UTF-8 lines: " + e.getMessage(), e);
      }
    } else if (fileOrList.contains(",")) {
      lines = Arrays.asList(fileOrList.split(",", -1));
    } else {
      throw new MissingDataException(
          fileOrList
              + ": no such file; give a file with one label per line, or a list with commas");
    }
    return of(lines.stream().map(String::strip).filter(line -> !line.isEmpty()).toList());
  }

  /**
   * Makes labels of lines.
   *
   * @throws DataException if there are fewer than two
   */
  public static Labels of(List<String> lines) throws DataException {
    if (lines.size() < 2) {
      throw new DataException("labels: at least two are needed, got " + lines.size());
    }
    return new Labels(lines);
  }

  /** Returns the number of classes. */
  public int size() {
    return lines.size();
  }

  /** Returns the short names: without synset, up to the first comma. */
  public List<String> names() {
    return lines.stream().map(Labels::shortName).toList();
  }

  /** Returns the class that a folder of this name holds, if a line names it. */
  public OptionalInt indexOf(String folder) {
    String wanted = normal(folder);
    return IntStream.range(0, lines.size()).filter(i -> names(lines.get(i), wanted)).findFirst();
  }

  /** Returns the classes of the folders in their order, if every folder has one. */
  public Optional<int[]> indicesOf(List<String> folders) {
    int[] indices = new int[folders.size()];
    for (int i = 0; i < indices.length; i++) {
      OptionalInt index = indexOf(folders.get(i));
      if (index.isEmpty()) {
        return Optional.empty();
      }
      indices[i] = index.getAsInt();
    }
    return Optional.of(indices);
  }

  private static boolean names(String line, String wanted) {
    var synset = SYNSET.matcher(line);
    if (synset.matches()) {
      return normal(synset.group(1)).equals(wanted) || names(synset.group(2), wanted);
    }
    return normal(line).equals(wanted)
        || Arrays.stream(line.split(",", -1)).anyMatch(part -> normal(part).equals(wanted));
  }

  private static String shortName(String line) {
    var synset = SYNSET.matcher(line);
    String names = synset.matches() ? synset.group(2) : line;
    String first = names.split(",", 2)[0].strip();
    return first.isEmpty() ? line : first;
  }

  private static String normal(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replace('_', ' ').replace('-', ' ');
  }
}
