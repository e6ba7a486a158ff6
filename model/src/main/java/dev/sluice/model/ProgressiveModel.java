package dev.sluice.model;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.engine.EngineOptions;
import dev.sluice.model.exit.ExitPolicies;
import dev.sluice.model.exit.ExitScores;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.stage.Activation;
import dev.sluice.model.stage.BatchRunner;
import dev.sluice.model.stage.StageChain;
import dev.sluice.model.stage.StageCompiler;
import dev.sluice.model.stage.StageListener;
import dev.sluice.model.stage.StageMemory;
import dev.sluice.model.stage.StageRequest;
import dev.sluice.model.stage.StageRequestException;
import dev.sluice.model.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * A network that can be cut, left early and finished elsewhere: a bundle, ready to run.
 * Thread-safe; owns all native memory, which closing frees once the runs under way have ended.
 *
 * <pre>{@code
 * try (ProgressiveModel model = ProgressiveModel.open(bundle, EngineOptions.singleThread());
 *     StageChain chain = model.compile(StageRequest.of(0, model.lastCut(), exits));
 *     Activation input = model.input(rgb, width, height);
 *     StageResult first = chain.stages().get(0).run(input)) {
 *   ExitScores scores = model.scores(exit, first.logits().orElseThrow());
 * }
 * }</pre>
 */
public final class ProgressiveModel implements AutoCloseable {
  private final Bundle bundle;
  private final BundleManifest manifest;
  private final StageCompiler compiler;
  private final int[] inputShape;

  private ProgressiveModel(Bundle bundle, StageCompiler compiler) {
    this.bundle = bundle;
    this.manifest = bundle.manifest();
    this.compiler = compiler;
    this.inputShape = manifest.cuts().get(0).shapes().get(0);
  }

  /**
   * Opens a bundle's network. Sessions are made when first asked for.
   *
   * @throws OnnxFormatException if the bundle's backbone is no ONNX network
   */
  public static ProgressiveModel open(Bundle bundle, EngineOptions options)
      throws OnnxFormatException {
    return open(bundle, options, StageListener.none(), () -> 0L);
  }

  /**
   * Opens a bundle's network with someone listening.
   *
   * @param listener hears of every stage that is run, on the thread that runs it
   * @param nanoClock times the stages
   * @throws OnnxFormatException if the bundle's backbone is no ONNX network
   */
  public static ProgressiveModel open(
      Bundle bundle, EngineOptions options, StageListener listener, LongSupplier nanoClock)
      throws OnnxFormatException {
    return new ProgressiveModel(bundle, new StageCompiler(bundle, options, listener, nanoClock));
  }

  /** Returns the bundle. */
  public Bundle bundle() {
    return bundle;
  }

  /** Returns what the bundle says about itself. */
  public BundleManifest manifest() {
    return manifest;
  }

  /** Returns the number of the last cut, the network's output. */
  public int lastCut() {
    return manifest.lastCut();
  }

  /**
   * Compiles the stages of a request, off the request path: loading what is not in the cache may
   * take a second.
   *
   * @return the caller's to close
   * @throws StageRequestException if the bundle has no such cuts, exits or codecs
   * @throws IllegalArgumentException if a file of the bundle does not fit the others
   * @throws IllegalStateException if closed
   */
  public StageChain compile(StageRequest request) {
    return compiler.compile(request);
  }

  /**
   * Makes what one thread computes end early on demand.
   *
   * @param thread that runs stages; only one's can end early at a time
   * @return makes the stage in progress on that thread fail as soon as its current operator is
   *     done; does nothing where there is none. Thread-safe
   */
  public Runnable haltable(Thread thread) {
    return compiler.haltable(thread);
  }

  /**
   * Counts what the stages of a request need in memory for one sample: all their constants, and the
   * most that their tensors take together. Each stage is run once by itself with all its tensors
   * kept, so this takes a while, but needs no more of the network at a time than one stage.
   *
   * @throws StageRequestException if the bundle has no such cuts, exits or codecs
   * @throws IllegalArgumentException if a file of the bundle does not fit the others
   */
  public StageMemory memory(StageRequest request) {
    return compiler.memory(request);
  }

  /**
   * Counts what no plan up to a cut exceeds, whichever of the exits before it are active, without
   * codecs. Never less for a deeper cut.
   *
   * @param cut in [0, {@link #lastCut()}]
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's
   * @throws StageRequestException if there is no such cut
   */
  public StageMemory memoryUpTo(int cut, String precision) {
    List<Integer> exits =
        manifest.exits().stream()
            .filter(exit -> exit.cut() > 0 && exit.cut() <= cut)
            .map(ExitInfo::index)
            .toList();
    StageMemory every = memory(StageRequest.of(0, cut, exits).withPrecision(precision));
    // Where an exit is left out, the stage before it holds what it was given for longer.
    long held = 0;
    for (int exit : exits) {
      if (manifest.exits().get(exit).cut() < cut) {
        held = Math.max(held, Math.max(bytesAt(0), bytesAt(manifest.exits().get(exit).cut())));
      }
    }
    return new StageMemory(every.weightBytes(), every.peakActivationBytes() + held);
  }

  private long bytesAt(int cut) {
    CutInfo info = manifest.cuts().get(cut);
    long bytes = 0;
    for (int tensor = 0; tensor < info.shapes().size(); tensor++) {
      long elements = 1;
      for (int side : info.shapes().get(tensor)) {
        elements *= side;
      }
      bytes += elements * info.types().get(tensor).bytes();
    }
    return bytes;
  }

  /**
   * Keeps to the front of the network from now on, for a device that cannot hold all of it: nothing
   * beyond a cut is compiled or held. Comes before the first compilation.
   *
   * @param cut deepest cut to which stages may go, at least 1
   * @throws StageRequestException if there is no such cut
   * @throws IllegalStateException if stages have been compiled
   */
  public void limitTo(int cut) {
    compiler.limitTo(cut);
  }

  /**
   * Turns a picture into the activation at cut 0, preprocessed as the bundle says.
   *
   * @param rgb 8-bit red, green, blue, interleaved, row by row
   * @return the caller's to close
   * @throws IllegalArgumentException if the picture's size is not the one said, or not fitting
   */
  public Activation input(byte[] rgb, int width, int height) {
    return compiler.fill(
        inputShape, values -> manifest.preprocessing().apply(rgb, width, height, values));
  }

  /**
   * Wraps values as the tensors at a cut, as they are where no decoder is fused.
   *
   * @param values one buffer per tensor of the cut, row-major; direct buffers in native order that
   *     are filled exactly are used in place and must then not be changed until closing. A multiple
   *     of the cut's size makes a batch
   * @return the caller's to close
   * @throws StageRequestException if there is no such cut
   * @throws IllegalArgumentException if the sizes are not the cut's, or it has tensors that are not
   *     float32
   */
  public Activation activation(int cut, List<FloatBuffer> values) {
    return compiler.wrap(cut, Optional.empty(), values);
  }

  /**
   * Wraps elements of any type as the tensors at a cut.
   *
   * @param bytes one little-endian buffer per tensor of the cut, in the cut's types; used in place
   *     and batched as in {@link #activation(int, List)}
   * @return the caller's to close
   * @throws StageRequestException if there is no such cut
   * @throws IllegalArgumentException if the sizes are not the cut's
   */
  public Activation activationOfBytes(int cut, List<ByteBuffer> bytes) {
    return compiler.wrapBytes(cut, Optional.empty(), bytes);
  }

  /**
   * Wraps values as what a codec puts on the wire at a cut, for a chain with that codec's decoder.
   *
   * @param values as in {@link #activation(int, List)}, of {@link #encodedShapes}
   * @return the caller's to close
   */
  public Activation encodedActivation(int cut, String codec, List<FloatBuffer> values) {
    return compiler.wrap(cut, Optional.of(codec), values);
  }

  /**
   * Wraps elements of any type as what a codec puts on the wire at a cut, for a chain with that
   * codec's decoder.
   *
   * @param bytes as in {@link #activationOfBytes}, of {@link #encodedShapes} and {@link
   *     #encodedTypes}
   * @return the caller's to close
   */
  public Activation encodedActivationOfBytes(int cut, String codec, List<ByteBuffer> bytes) {
    return compiler.wrapBytes(cut, Optional.of(codec), bytes);
  }

  /**
   * Returns the shapes of what a codec puts on the wire at a cut, without the batch dimension:
   * those of its transform's output, or the cut's own where it has none.
   *
   * @throws StageRequestException if the bundle has no such cut, or no such codec there
   */
  public List<int[]> encodedShapes(int cut, String codec) {
    return compiler.encodedShapes(cut, codec);
  }

  /**
   * Returns the element types of what a codec puts on the wire at a cut, in the order of {@link
   * #encodedShapes}.
   *
   * @throws StageRequestException if the bundle has no such cut, or no such codec there
   */
  public List<TensorType> encodedTypes(int cut, String codec) {
    return compiler.encodedTypes(cut, codec);
  }

  /**
   * Returns a gate that lets each sample of one batch leave as the policies say, with a memory of
   * its own.
   *
   * @param policies of this model's exits
   * @param batch number of samples, at least 1
   */
  public BatchRunner.Gate gate(ExitPolicies policies, int batch) {
    List<ExitPolicies.Judge> judges = Stream.generate(policies::judge).limit(batch).toList();
    return (sample, exit, logits) -> judges.get(sample).stops(exit, scores(exit, logits));
  }

  /** Returns an exit's calibrated scores from its logits, for one sample. */
  public ExitScores scores(int exit, float[] logits) {
    return ExitScores.of(logits, manifest.exits().get(exit).temperature());
  }

  /**
   * Runs a chain over a batch whose samples leave one by one, each judged by itself, memory of its
   * earlier exits included. The answers are those of the samples one by one.
   *
   * @param chain from cut 0 or from a split
   * @param batch at the chain's first cut, any number of samples; stays the caller's
   * @param policies decide who leaves where; the final exit always ends a sample
   * @return the caller's to close
   */
  public BatchOutcome run(StageChain chain, Activation batch, ExitPolicies policies) {
    List<ExitPolicies.Judge> judges = new ArrayList<>();
    List<Optional<BatchOutcome.Answered>> answers = new ArrayList<>();
    for (int sample = 0; sample < batch.batch(); sample++) {
      judges.add(policies.judge());
      answers.add(Optional.empty());
    }
    BatchRunner.Remainder rest =
        BatchRunner.run(
            chain,
            batch,
            (sample, exit, logits) -> {
              ExitScores scores = scores(exit, logits);
              boolean leaves = judges.get(sample).stops(exit, scores);
              if (leaves) {
                answers.set(sample, Optional.of(new BatchOutcome.Answered(exit, scores)));
              }
              return leaves;
            });
    return new BatchOutcome(answers, rest);
  }

  /**
   * Runs the whole network in one session, uncut: the truth that every cut is compared with.
   *
   * @param input at cut 0; stays the caller's
   * @return logits of the final exit, {@code [batch * classes]}
   */
  public float[] runUncut(Activation input) {
    return compiler.runUncut(input);
  }

  /**
   * Runs the whole network of a precision in one session, uncut.
   *
   * @param input at cut 0; stays the caller's
   * @param precision {@link dev.sluice.model.bundle.VariantInfo#FLOAT32}, or a variant's
   * @return logits of the final exit, {@code [batch * classes]}
   * @throws IllegalArgumentException if the bundle has no such variant
   */
  public float[] runUncut(Activation input, String precision) {
    return compiler.runUncut(input, precision);
  }

  /**
   * Cuts the network at every cut, stops at every exit and at all exits at once, and compares with
   * the uncut network. Compiles every stage there is: for tools, not for the request path.
   *
   * @param inputs at cut 0, at least one; stay the caller's
   */
  public CutVerification verify(List<Activation> inputs) {
    return verify(inputs, VariantInfo.FLOAT32, done -> {});
  }

  /**
   * Compares as {@link #verify(List)} does, at any precision, telling how far it is.
   *
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's, which is compared with itself
   *     uncut
   * @param progress hears how many interior cuts and exits are done
   * @throws IllegalArgumentException if the bundle has no such variant
   */
  public CutVerification verify(List<Activation> inputs, String precision, IntConsumer progress) {
    return CutVerifier.verify(this, inputs, precision, progress);
  }

  /** Closes everything; closing again is harmless, any other use fails. */
  @Override
  public void close() {
    compiler.close();
  }
}
