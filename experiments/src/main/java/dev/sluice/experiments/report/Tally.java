package dev.sluice.experiments.report;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Sets the answers of one stream against what was asked. Not thread-safe.
 *
 * <p>The first answer to a frame counts; any further one is surplus, as is an answer to a frame
 * that was never asked.
 */
public final class Tally {
  private final long deadlineNanos;
  private final Map<Long, Asked> asked = new LinkedHashMap<>();
  private final Map<Long, AnswerRecord> answers = new HashMap<>();
  private final Map<Integer, Integer> surplusByPhase = new HashMap<>();
  private int strangers;

  private record Asked(int label, int phase, boolean uncutRight) {}

  /**
   * Starts with nothing asked.
   *
   * @param deadlineNanos from capture, positive
   */
  public Tally(long deadlineNanos) {
    if (deadlineNanos <= 0) {
      throw new IllegalArgumentException("deadline must be positive: " + deadlineNanos);
    }
    this.deadlineNanos = deadlineNanos;
  }

  /**
   * Notes a request.
   *
   * @param id the frame's number, new
   * @param label its true class
   * @param phase number of the phase it belongs to
   * @param uncutRight whether the uncut network answers it rightly
   */
  public void ask(long id, int label, int phase, boolean uncutRight) {
    if (asked.putIfAbsent(id, new Asked(label, phase, uncutRight)) != null) {
      throw new IllegalArgumentException("frame asked twice: " + id);
    }
  }

  /** Notes an answer. */
  public void answer(AnswerRecord answer) {
    Asked request = asked.get(answer.id());
    if (request == null) {
      strangers++;
    } else if (answers.putIfAbsent(answer.id(), answer) != null) {
      surplusByPhase.merge(request.phase(), 1, Integer::sum);
    }
  }

  /**
   * Returns a copy in which answers that are fallbacks carry no prediction: what the stream would
   * have been worth to somebody who has no fallback.
   */
  public Tally withoutFallback() {
    Tally copy = new Tally(deadlineNanos);
    copy.asked.putAll(asked);
    copy.surplusByPhase.putAll(surplusByPhase);
    copy.strangers = strangers;
    answers.forEach((id, answer) -> copy.answers.put(id, answer.withoutFallback()));
    return copy;
  }

  /** Whether every request so far has an answer. */
  public boolean complete() {
    return answers.size() == asked.size();
  }

  /** The answers so far, by frame number. */
  public Collection<AnswerRecord> answers() {
    return answers.values().stream().sorted(Comparator.comparingLong(AnswerRecord::id)).toList();
  }

  /** The score of everything asked so far. */
  public Score score() {
    int surplus = strangers + surplusByPhase.values().stream().mapToInt(Integer::intValue).sum();
    return score(request -> true, surplus);
  }

  /** The score of one phase. */
  public Score score(int phase) {
    return score(request -> request.phase() == phase, surplusByPhase.getOrDefault(phase, 0));
  }

  /** The score of everything outside the given phases. */
  public Score scoreWithout(Collection<Integer> phases) {
    int surplus =
        surplusByPhase.entrySet().stream()
            .filter(entry -> !phases.contains(entry.getKey()))
            .mapToInt(Map.Entry::getValue)
            .sum();
    return score(request -> !phases.contains(request.phase()), surplus + strangers);
  }

  private Score score(Predicate<Asked> wanted, int surplus) {
    int requests = 0;
    int answered = 0;
    int degraded = 0;
    int dropped = 0;
    int late = 0;
    int right = 0;
    int rightInTime = 0;
    int uncutRight = 0;
    int offloaded = 0;
    long bytes = 0;
    long workerComputeNanos = 0;
    Percentiles latencies = new Percentiles();
    Map<String, Integer> exits = new TreeMap<>();
    Map<String, Integer> plans = new TreeMap<>();
    for (Map.Entry<Long, Asked> entry : asked.entrySet()) {
      Asked request = entry.getValue();
      if (!wanted.test(request)) {
        continue;
      }
      requests++;
      uncutRight += request.uncutRight() ? 1 : 0;
      AnswerRecord answer = answers.get(entry.getKey());
      if (answer == null) {
        continue;
      }
      answered++;
      bytes += answer.bytesSent();
      workerComputeNanos += answer.workerComputeNanos();
      plans.merge(answer.plan(), 1, Integer::sum);
      if (answer.dropped()) {
        dropped++;
        continue;
      }
      boolean isRight = answer.label() == request.label();
      boolean isLate = answer.latencyNanos() > deadlineNanos;
      degraded += answer.degraded() ? 1 : 0;
      late += isLate ? 1 : 0;
      right += isRight ? 1 : 0;
      rightInTime += isRight && !isLate ? 1 : 0;
      offloaded += answer.place() == AnswerRecord.Place.CLOUD ? 1 : 0;
      latencies.add(answer.latencyNanos());
      exits.merge(exitName(answer), 1, Integer::sum);
    }
    return new Score(
        requests,
        answered,
        requests - answered,
        surplus,
        degraded,
        dropped,
        late,
        right,
        rightInTime,
        uncutRight,
        offloaded,
        latencies.at(50),
        latencies.at(95),
        latencies.at(99),
        deadlineNanos,
        bytes,
        workerComputeNanos,
        exits,
        mostUsedFirst(plans));
  }

  private static String exitName(AnswerRecord answer) {
    return "exit "
        + answer.exit()
        + (answer.place() == AnswerRecord.Place.CLOUD ? " cloud" : " device");
  }

  private static Map<String, Integer> mostUsedFirst(Map<String, Integer> counts) {
    List<Map.Entry<String, Integer>> entries =
        counts.entrySet().stream()
            .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
            .toList();
    Map<String, Integer> sorted = new LinkedHashMap<>();
    entries.forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    return sorted;
  }
}
