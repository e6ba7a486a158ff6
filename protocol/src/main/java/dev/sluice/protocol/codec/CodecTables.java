package dev.sluice.protocol.codec;

import com.github.luben.zstd.Zstd;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What calibration found for one codec and shape: ranges, thresholds and probabilities. A bundle
 * carries them, so that messages need not. Immutable and thread-safe.
 *
 * <pre>
 * +--------------+---------+-------+-----------+-------+---------+----------------------------
 * | 53 54 ("ST") | version | codec | number of | sizes | bytes   | Zstandard frame of these
 * |              | 1       | text  | sizes     |       | of body | bytes, or they themselves
 * +--------------+---------+-------+-----------+-------+---------+----------------------------
 * </pre>
 *
 * <p>The body has ranges, then dead zones by class and classes by channel, or a model of
 * coefficients, as the codec needs; plain when its length is what is left. Numbers are LEB128,
 * signed ones as zigzag codes, floats little-endian.
 */
public final class CodecTables {
  private static final int FIRST = 0x53;
  private static final int SECOND = 0x54;
  private static final int VERSION = 1;
  private static final int MAX_SIZES = 16;
  private static final int MAX_TEXT_BYTES = 64;
  private static final int ZSTD_LEVEL = 19;

  /** More than contexts and flags of any model take; what each element may add; the most in all. */
  private static final int BODY_BYTES = 1 << 14;

  private static final int BODY_BYTES_PER_ELEMENT = 32;
  private static final int MAX_BODY_BYTES = 1 << 26;

  private final CodecName name;
  private final int[] shape;
  private final Optional<Ranges> ranges;
  private final Optional<ChannelZones> zones;
  private final Optional<CoefficientModel> model;

  private CodecTables(
      CodecName name,
      int[] shape,
      Optional<Ranges> ranges,
      Optional<ChannelZones> zones,
      Optional<CoefficientModel> model) {
    this.name = name;
    this.shape = shape;
    this.ranges = ranges;
    this.zones = zones;
    this.model = model;
  }

  /** Dead zones by class, and each channel's class. */
  @SuppressWarnings("ArrayRecordComponent") // package-private and never changed
  record ChannelZones(DeadZone[] zones, int[] classes) {}

  /**
   * Begins to fit tables with default options.
   *
   * @param wire a codec that needs tables
   * @param shape sizes without the batch
   * @throws UnknownCodecException if there is no such codec
   * @throws IllegalArgumentException if the codec needs no tables
   */
  public static Fitting fitting(String wire, int[] shape) {
    return fitting(wire, shape, FittingOptions.defaults());
  }

  /** Begins to fit tables; see {@link #fitting(String, int[])}. */
  public static Fitting fitting(String wire, int[] shape, FittingOptions options) {
    CodecName name = CodecName.parse(wire);
    if (!name.needsTables()) {
      throw new IllegalArgumentException("codec '" + wire + "' needs no tables");
    }
    checkSizes(shape.length);
    return new Fitting(name, shape.clone(), options);
  }

  private static void checkSizes(int sizes) {
    if (sizes > MAX_SIZES) {
      throw new IllegalArgumentException("more than " + MAX_SIZES + " sizes: " + sizes);
    }
  }

  /** Returns the codec that the tables are for. */
  public String wire() {
    return name.wire();
  }

  /** Returns the sizes of the tensors that the tables are for, without the batch. */
  public int[] shape() {
    return shape.clone();
  }

  CodecName name() {
    return name;
  }

  boolean isFor(int[] other) {
    return Arrays.equals(shape, other);
  }

  /** Returns the largest step of the calibrated ranges, 1 if there are none. */
  float largestStep() {
    float largest = ranges.isPresent() ? 0 : 1;
    for (float step : ranges.map(Ranges::steps).orElse(new float[0])) {
      largest = Math.max(largest, step);
    }
    return largest;
  }

  /** Returns what the tables make of the codec. */
  TensorCoding coding() {
    Geometry geometry = Geometry.of(shape);
    if (model.isPresent()) {
      return new EntropyCoding(model.get(), ranges);
    }
    Quantizer quantizer =
        ranges.isPresent()
            ? new CalibratedQuantizer(ranges.get(), geometry)
            : new StepQuantizer(
                zones.orElseThrow().zones(), zones.orElseThrow().classes(), geometry);
    return new StagedCoding(quantizer, name.layout(), name.stage());
  }

  /** Returns the tables as {@link #read} takes them. */
  public byte[] toBytes() {
    TableBytes.Writer out = new TableBytes.Writer();
    out.unsigned(FIRST);
    out.unsigned(SECOND);
    out.unsigned(VERSION);
    out.text(name.wire());
    out.unsigned(shape.length);
    for (int size : shape) {
      out.unsigned(size);
    }
    byte[] body = body();
    byte[] squeezed = Zstd.compress(body, ZSTD_LEVEL);
    out.unsigned(body.length);
    out.bytes(squeezed.length < body.length ? squeezed : body);
    return out.toBytes();
  }

  private byte[] body() {
    TableBytes.Writer out = new TableBytes.Writer();
    ranges.ifPresent(
        all -> {
          for (int i = 0; i < all.steps().length; i++) {
            out.real(all.steps()[i]);
            out.unsigned(all.zeros()[i]);
          }
        });
    zones.ifPresent(
        all -> {
          out.unsigned(all.zones().length);
          for (DeadZone zone : all.zones()) {
            zone.write(out);
          }
          for (int zone : all.classes()) {
            out.unsigned(zone);
          }
        });
    model.ifPresent(all -> all.write(out));
    return out.toBytes();
  }

  /**
   * Reads tables.
   *
   * @throws IllegalArgumentException if the bytes are not whole tables of a version and codec known
   *     here; every length, range and sum is checked
   */
  public static CodecTables read(byte[] bytes) {
    return read(bytes, Optional.empty());
  }

  /**
   * Reads tables for tensors of a shape; how much memory they take follows from that, whatever the
   * bytes claim.
   *
   * @param expected sizes without the batch
   * @throws IllegalArgumentException if the bytes are not whole tables of a version known here for
   *     that shape
   */
  public static CodecTables read(byte[] bytes, int[] expected) {
    return read(bytes, Optional.of(expected));
  }

  private static CodecTables read(byte[] bytes, Optional<int[]> expected) {
    try {
      return readWhole(new TableBytes.Reader(bytes), expected);
    } catch (IllegalArgumentException damaged) {
      throw new IllegalArgumentException("damaged codec tables: " + damaged.getMessage(), damaged);
    }
  }

  private static CodecTables readWhole(TableBytes.Reader in, Optional<int[]> expected) {
    in.unsigned("first mark", FIRST, FIRST);
    in.unsigned("second mark", SECOND, SECOND);
    in.unsigned("version", VERSION, VERSION);
    CodecName name = CodecName.parse(in.text("codec", MAX_TEXT_BYTES));
    if (!name.needsTables()) {
      throw new IllegalArgumentException("codec '" + name.wire() + "' needs no tables");
    }
    int[] shape = new int[in.unsigned("number of sizes", 0, MAX_SIZES)];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = in.unsigned("size", 1, Shapes.MAX_ELEMENTS);
    }
    if (expected.isPresent() && !Arrays.equals(shape, expected.get())) {
      throw new IllegalArgumentException(
          "they are for %s, the tensors are %s"
              .formatted(Arrays.toString(shape), Arrays.toString(expected.get())));
    }
    Geometry geometry = Geometry.of(shape);
    long largest = BODY_BYTES + (long) BODY_BYTES_PER_ELEMENT * geometry.elements();
    int length = in.unsigned("length", 1, (int) Math.min(MAX_BODY_BYTES, largest));
    TableBytes.Reader body = in.unsqueezed(length);
    CodecTables tables = readBody(body, name, shape, geometry);
    body.checkEnd();
    return tables;
  }

  private static CodecTables readBody(
      TableBytes.Reader in, CodecName name, int[] shape, Geometry geometry) {
    Precision precision = name.precision();
    Optional<Ranges> ranges = Optional.empty();
    if (precision.kind() == Precision.Kind.CALIBRATED) {
      ranges = Optional.of(readRanges(in, precision, geometry));
    }
    Optional<ChannelZones> zones = Optional.empty();
    Optional<CoefficientModel> model = Optional.empty();
    if (name.stage().codesIntegers()) {
      model = Optional.of(CoefficientModel.read(geometry.elements(), in));
    } else if (precision.kind() == Precision.Kind.COEFFICIENTS) {
      zones = Optional.of(readZones(in, geometry));
    }
    return new CodecTables(name, shape, ranges, zones, model);
  }

  private static Ranges readRanges(TableBytes.Reader in, Precision precision, Geometry geometry) {
    int count = precision.perChannel() ? geometry.channels() : 1;
    in.checkRoom("range", count);
    float[] steps = new float[count];
    int[] zeros = new int[count];
    for (int i = 0; i < count; i++) {
      steps[i] = in.real("step");
      zeros[i] = in.unsigned("zero", 0, (1 << precision.bits()) - 1);
    }
    return new Ranges(precision.bits(), steps, zeros);
  }

  private static ChannelZones readZones(TableBytes.Reader in, Geometry geometry) {
    DeadZone[] zones =
        new DeadZone[in.unsigned("number of dead zones", 1, ZoneFitting.MAX_CLASSES)];
    for (int i = 0; i < zones.length; i++) {
      zones[i] = DeadZone.read(in);
    }
    in.checkRoom("class", geometry.channels());
    int[] classes = new int[geometry.channels()];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = in.unsigned("class", 0, zones.length - 1);
    }
    return new ChannelZones(zones, classes);
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof CodecTables that
            && name.equals(that.name)
            && Arrays.equals(shape, that.shape)
            && Arrays.equals(toBytes(), that.toBytes()));
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(shape);
  }

  @Override
  public String toString() {
    return "tables of " + name.wire() + " for " + Arrays.toString(shape);
  }

  /**
   * Collects calibration samples and fits tables to them. The same samples in the same order give
   * the same tables. Not thread-safe.
   */
  public static final class Fitting {
    private final CodecName name;
    private final int[] shape;
    private final int elements;
    private final FittingOptions options;
    private final List<float[]> samples = new ArrayList<>();

    /** Every how many samples one is kept. */
    private long every = 1;

    private long added;

    private Fitting(CodecName name, int[] shape, FittingOptions options) {
      this.name = name;
      this.shape = shape;
      this.options = options;
      elements = Shapes.elements(shape);
    }

    /**
     * Adds a sample: what the codec will be given, so with coefficients in steps.
     *
     * @param values row-major elements from the position on, finite; copied, the position is left
     *     alone
     */
    public void add(FloatBuffer values) {
      if (values.remaining() != elements) {
        throw new IllegalArgumentException(
            "shape "
                + Arrays.toString(shape)
                + " has "
                + elements
                + " elements, got "
                + values.remaining());
      }
      float[] sample = new float[elements];
      values.get(values.position(), sample);
      for (float value : sample) {
        if (!(Math.abs(value) <= Float.MAX_VALUE)) {
          throw new IllegalArgumentException("sample " + added + " holds " + value);
        }
      }
      if (added++ % every != 0) {
        return;
      }
      samples.add(sample);
      if (samples.size() > 1 && (long) samples.size() * elements > options.maxValues()) {
        // The kept ones are multiples of the stride; every second of them is one of twice that.
        for (int i = samples.size() - 1; i > 0; i--) {
          if (i % 2 == 1) {
            samples.remove(i);
          }
        }
        every *= 2;
      }
    }

    /**
     * Fits the tables; takes seconds for millions of values.
     *
     * @throws IllegalStateException if there was no sample
     */
    public CodecTables build() {
      if (samples.isEmpty()) {
        throw new IllegalStateException("no samples to fit " + name.wire() + " to");
      }
      Geometry geometry = Geometry.of(shape);
      Precision precision = name.precision();
      boolean levels = precision.kind() == Precision.Kind.CALIBRATED;
      Optional<Ranges> ranges = Optional.empty();
      List<float[]> inSteps = samples;
      if (levels) {
        Ranges fitted =
            RangeFitting.fit(precision.bits(), precision.perChannel(), geometry, samples);
        ranges = Optional.of(fitted);
        inSteps =
            samples.stream()
                .map(
                    sample -> {
                      float[] copy = sample.clone();
                      EntropyCoding.toLevels(fitted, copy, elements);
                      return copy;
                    })
                .toList();
      }
      Optional<ChannelZones> zones = Optional.empty();
      Optional<CoefficientModel> model = Optional.empty();
      if (name.stage().codesIntegers()) {
        model = Optional.of(ModelFitting.fit(geometry, inSteps, options.lambda(), !levels));
      } else if (!levels) {
        zones = Optional.of(new ZoneFitting(geometry, samples, options.lambda()).fit());
      }
      return new CodecTables(name, shape, ranges, zones, model);
    }
  }
}
