package dev.sluice.training;

import dev.sluice.model.bundle.Bundle;
import dev.sluice.model.bundle.BundleManifest;
import dev.sluice.model.bundle.CodecInfo;
import dev.sluice.model.bundle.CutInfo;
import dev.sluice.model.bundle.ExitInfo;
import dev.sluice.model.bundle.VariantInfo;
import dev.sluice.model.graph.CutPoint;
import dev.sluice.model.graph.OnnxFormatException;
import dev.sluice.model.graph.OnnxGraph;
import dev.sluice.protocol.codec.CodecTables;
import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.transform.CutCodec;
import dev.sluice.training.transform.Transform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A bundle taken apart again, for whoever makes a new one of it. */
public final class BundleNetwork {
  private BundleNetwork() {}

  /**
   * Returns the network with its cuts and heads.
   *
   * @throws PreparationException if it is of a kind that cannot be replayed: several inputs or
   *     outputs, or a final exit with a head of its own
   * @throws OnnxFormatException if the bundle's backbone is no ONNX network
   */
  public static ExitNetwork of(Bundle bundle) throws OnnxFormatException, PreparationException {
    return of(bundle, VariantInfo.FLOAT32);
  }

  /**
   * Returns the network at a precision, with its cuts and heads; a head that has no variant is the
   * one in float32.
   *
   * @param precision {@link VariantInfo#FLOAT32}, or a variant's
   * @throws PreparationException also if the bundle has no such variant
   */
  public static ExitNetwork of(Bundle bundle, String precision)
      throws OnnxFormatException, PreparationException {
    BundleManifest manifest = bundle.manifest();
    String path = Bundle.BACKBONE;
    Map<Integer, String> otherHeads = Map.of();
    if (!precision.equals(VariantInfo.FLOAT32)) {
      VariantInfo variant =
          manifest
              .variant(precision)
              .orElseThrow(
                  () ->
                      new PreparationException(
                          "%s: has no variant %s".formatted(bundle.source(), precision)));
      path = variant.backbone();
      otherHeads = variant.heads();
    }
    OnnxGraph backbone = OnnxGraph.of(bundle.file(path), bundle.source() + "!" + path);
    if (backbone.inputs().size() != 1
        || backbone.outputs().size() != 1
        || !manifest.finalExit().head().isEmpty()) {
      throw new PreparationException(
          bundle.source()
              + ": has several inputs or outputs, or a head on its last cut; only networks with one"
              + " of each can be taken further");
    }
    List<CutPoint> cuts = new ArrayList<>();
    for (CutInfo cut : manifest.cuts()) {
      backbone.requireTensors(cut.tensors());
      cuts.add(
          new CutPoint(
              cut.index(),
              cut.name(),
              cut.tensors(),
              cut.shapes(),
              cut.types(),
              bytes(cut),
              cut.macsBefore()));
    }
    List<ExitNetwork.Head> heads = new ArrayList<>();
    for (ExitInfo exit : manifest.exits()) {
      if (!exit.head().isEmpty()) {
        String head = otherHeads.getOrDefault(exit.index(), exit.head());
        heads.add(
            new ExitNetwork.Head(exit.cut(), exit.kind(), bundle.file(head), exit.headMacs()));
      }
    }
    return new ExitNetwork(backbone, manifest.preprocessing(), cuts, heads);
  }

  private static long bytes(CutInfo cut) {
    long bytes = 0;
    for (int t = 0; t < cut.tensors().size(); t++) {
      long elements = cut.types().get(t).bytes();
      for (int side : cut.shapes().get(t)) {
        elements *= side;
      }
      bytes += elements;
    }
    return bytes;
  }

  /** Returns the temperature of every exit. */
  static double[] temperatures(BundleManifest manifest) {
    return manifest.exits().stream().mapToDouble(ExitInfo::temperature).toArray();
  }

  /** Returns the codecs with their transforms. */
  public static List<CutCodec> codecs(Bundle bundle)
      throws OnnxFormatException, PreparationException {
    List<CutCodec> codecs = new ArrayList<>();
    for (CodecInfo codec : bundle.manifest().codecs()) {
      Optional<Transform> transform = Optional.empty();
      if (codec.hasTransform()) {
        byte[] decoder = bundle.file(codec.decoder());
        int[] sent =
            OnnxGraph.of(decoder, bundle.source() + "!" + codec.decoder())
                .declaredInputShapes()
                .get(0);
        transform =
            Optional.of(
                new Transform(bundle.file(codec.encoder()), decoder, sent, codec.encoderMacs()));
      }
      Optional<CodecTables> tables =
          codec.hasTables() ? Optional.of(tables(bundle, codec)) : Optional.empty();
      codecs.add(new CutCodec(codec.cut(), codec.name(), codec.wire(), transform, tables));
    }
    return codecs;
  }

  private static CodecTables tables(Bundle bundle, CodecInfo codec) throws PreparationException {
    try {
      return CodecTables.read(bundle.file(codec.tables()));
    } catch (IllegalArgumentException damaged) {
      throw new PreparationException(
          "%s!%s: %s; get or prepare the bundle anew"
              .formatted(bundle.source(), codec.tables(), damaged.getMessage()));
    }
  }
}
