package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TrainMainTest {
  @Test
  void refusesWhatItCannotTrainInOneLineAndWithStatusTwo() {
    StringWriter err = new StringWriter();

    int status =
        TrainMain.execute(
            new String[] {"cats"}, new PrintWriter(new StringWriter()), new PrintWriter(err, true));

    assertThat(status).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).contains("cats").contains("roadsigns");
  }

  @Test
  void explainsItself() {
    StringWriter out = new StringWriter();

    int status =
        TrainMain.execute(
            new String[] {"--help"},
            new PrintWriter(out, true),
            new PrintWriter(new StringWriter()));

    assertThat(status).isZero();
    assertThat(out.toString()).contains("--quick").contains("--out");
  }
}
