package dev.sluice.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.training.data.DataException;
import dev.sluice.training.data.DataSets;
import dev.sluice.training.data.LabelledImages;
import dev.sluice.training.roadsigns.DataSet;
import dev.sluice.training.roadsigns.Drive;
import dev.sluice.training.roadsigns.LabelledFrame;
import dev.sluice.training.roadsigns.RoadSigns;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoadSignsDataTest {
  private final DataSets sets = RoadSignsData.draw(20, new RoadSignsData.Sizes(10, 10, 2, 10));

  @Test
  void sharesNoPictureBetweenSets() throws DataException {
    Set<ByteBuffer> distinct = new HashSet<>();
    int pictures = 0;
    for (LabelledImages set :
        List.of(sets.train(), sets.temperature(), sets.select(), sets.certify(), sets.test())) {
      for (int i = 0; i < set.size(); i++) {
        distinct.add(ByteBuffer.wrap(set.picture(i).rgb()));
        pictures++;
      }
    }

    assertThat(distinct).hasSize(pictures);
  }

  @Test
  void numbersTheDrivesThatSelectAndCertifyComeFrom() {
    LabelledImages select = sets.select();

    assertThat(select.sequence(0)).isZero();
    assertThat(select.sequence(select.size() - 1)).isEqualTo(1);
    assertThat(sets.test().sequence(0)).isEqualTo(-1);
    for (int i = 1; i < select.size(); i++) {
      if (select.sequence(i) == select.sequence(i - 1)) {
        assertThat(select.label(i)).isEqualTo(select.label(i - 1));
      }
    }
  }

  @Test
  void tellsTheClassOfAFrameBeforeAndAfterItIsDrawn() throws DataException {
    int before = sets.test().label(3);
    sets.test().picture(3);

    assertThat(sets.test().label(3)).isEqualTo(before);
  }

  @Test
  void certifiesOnAFewFramesOfEachDriveOneFromEveryPartOfIt() throws DataException {
    LabelledImages certify = sets.certify();
    RoadSigns world = new RoadSigns(20);

    assertThat(certify.size()).isEqualTo(2 * RoadSignsData.CERTIFY_FRAMES);
    for (int i = 0; i < certify.size(); i++) {
      Drive drive = world.drive(DataSet.CERTIFY, i / RoadSignsData.CERTIFY_FRAMES);
      int part = i % RoadSignsData.CERTIFY_FRAMES;
      int frames = drive.frames().size();
      List<LabelledFrame> third =
          drive
              .frames()
              .subList(
                  part * frames / RoadSignsData.CERTIFY_FRAMES,
                  (part + 1) * frames / RoadSignsData.CERTIFY_FRAMES);

      assertThat(certify.sequence(i)).isEqualTo(drive.index());
      assertThat(certify.label(i)).isEqualTo(drive.label());
      byte[] picture = certify.picture(i).rgb();
      assertThat(third).anyMatch(frame -> Arrays.equals(frame.rgb(), picture));
    }
  }

  @Test
  void moreDrivesToCertifyOnBeginWithTheSameOnes() throws DataException {
    LabelledImages more =
        RoadSignsData.draw(20, new RoadSignsData.Sizes(10, 10, 2, 5, 10)).certify();

    assertThat(more.size()).isEqualTo(5 * RoadSignsData.CERTIFY_FRAMES);
    for (int i = 0; i < sets.certify().size(); i++) {
      assertThat(more.picture(i).rgb()).isEqualTo(sets.certify().picture(i).rgb());
    }
  }
}
