package dev.sluice.experiments.demo;

import dev.sluice.protocol.codec.PictureCodec.Picture;
import dev.sluice.training.data.DataException;
import dev.sluice.training.data.LabelledImages;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Reading the pictures of a demo and writing them for the edge agent. */
final class Pictures {
  private Pictures() {}

  /** Reads a picture, or says in one line why not. */
  static Picture read(LabelledImages images, int index) {
    try {
      return images.picture(index);
    } catch (DataException e) {
      throw new DemoException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Writes a picture as binary PPM (P6, 8 bit). */
  static void writePpm(Picture picture, OutputStream out) throws IOException {
    String header = "P6\n" + picture.width() + " " + picture.height() + "\n255\n";
    out.write(header.getBytes(StandardCharsets.US_ASCII));
    out.write(picture.rgb());
    out.flush();
  }
}
