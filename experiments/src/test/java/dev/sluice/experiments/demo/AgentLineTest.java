package dev.sluice.experiments.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.experiments.report.AnswerRecord;
import dev.sluice.experiments.report.AnswerRecord.Place;
import dev.sluice.scheduler.plan.ExitThreshold;
import dev.sluice.scheduler.plan.Plan;
import java.util.List;
import org.junit.jupiter.api.Test;

class AgentLineTest {
  @Test
  void readsAnAnswer() {
    AgentLine line =
        AgentLine.parse(
            """
            {"type":"answer","id":7,"label":"stop","label_index":34,"probability":0.98,"top5":[],
             "exit":2,"place":"cloud","split":3,"codec":"klt-s1.0","degraded":false,"dropped":false,
             "reason":"","latency_ms":81.25,"bytes_sent":763,"worker_compute_ms":0.5}
            """);

    assertThat(line)
        .isEqualTo(
            new AgentLine.Answered(
                new AnswerRecord(
                    7,
                    34,
                    2,
                    Place.CLOUD,
                    "split 3, klt-s1.0",
                    false,
                    false,
                    81_250_000,
                    763,
                    500_000)));
  }

  @Test
  void readsADroppedFrameAsAnAnswerFromNowhere() {
    AgentLine line =
        AgentLine.parse(
            """
            {"type":"answer","id":3,"label":null,"label_index":null,"exit":-1,"place":"device",
             "split":6,"codec":"none","degraded":true,"dropped":true,"latency_ms":147.0}
            """);

    assertThat(((AgentLine.Answered) line).answer().dropped()).isTrue();
    assertThat(((AgentLine.Answered) line).answer().place()).isEqualTo(Place.NOWHERE);
    assertThat(((AgentLine.Answered) line).answer().label()).isEqualTo(-1);
  }

  @Test
  void readsThePlanOfAStatusExactly() {
    AgentLine line =
        AgentLine.parse(
            """
            {"type":"status","link":"up","uplink_mbit":5.93,"round_trip_ms":51.2,"split":3,
             "codec":"q8","exits":[{"exit":0,"threshold":0.8312345}],"feasible":true,"overruns":2}
            """);

    assertThat(line)
        .isEqualTo(
            new AgentLine.Status(
                "up, 5.93 Mbit/s, 51 ms",
                new Plan(3, "q8", List.of(new ExitThreshold(0, 0.8312345))),
                true,
                2));
  }

  @Test
  void readsALocalPlanWhichSendsNothing() {
    AgentLine line =
        AgentLine.parse(
            """
            {"type":"status","link":"down","split":6,"codec":"none","sends":"none","exits":[],
             "feasible":true,"overruns":0}
            """);

    assertThat(((AgentLine.Status) line).plan()).isEqualTo(Plan.local(6, List.of()));
  }

  @Test
  void passesOverWhatItDoesNotKnow() {
    assertThat(AgentLine.parse("{\"type\":\"summary\"}")).isInstanceOf(AgentLine.Other.class);
    assertThat(AgentLine.parse("no json")).isInstanceOf(AgentLine.Other.class);
  }
}
