package dev.sluice.experiments.study.codec;

import dev.sluice.training.calibrate.ExitNetwork;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.transform.CutCodec;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A network with its data and what is asked of its codecs.
 *
 * @param name of the network
 * @param network with the cuts at which codecs are compared
 * @param train what transforms and quantisers are fitted on
 * @param select what codecs are chosen on
 * @param unseenAccuracy how often the network's authors saw it right by the first task on pictures
 *     that were new to it, where it was trained on {@code select}
 * @param test what is reported
 * @param tasks how answers are judged; codecs are chosen by the first
 * @param mostLost points of accuracy that a chosen codec may lose on {@code select}
 * @param wantedRatio bound on its bytes over those of SPINN's codec, geometric mean over the cuts
 * @param shipped codecs of interior cuts that its bundle brings; none where there is no bundle
 * @param isPhoto whether pictures are of a size that is worth comparing with
 */
record Subject(
    String name,
    ExitNetwork network,
    LabelledImages train,
    LabelledImages select,
    OptionalDouble unseenAccuracy,
    LabelledImages test,
    List<Task> tasks,
    double mostLost,
    String wantedRatio,
    List<CutCodec> shipped,
    boolean isPhoto) {
  Subject {
    tasks = List.copyOf(tasks);
    shipped = List.copyOf(shipped);
  }

  /** Returns the task by which codecs are chosen. */
  Task task() {
    return tasks.get(0);
  }

  /** Returns the share of the network's MACs that an encoder has. */
  double share(double encoderMacs) {
    return encoderMacs / network.backbone().totalMacs();
  }
}
