package dev.sluice.model.graph;

/**
 * Weights that a network keeps in another file cannot be had: the file is missing, too short or
 * outside the network's folder. The message names the file and the tensor.
 */
public final class ExternalDataException extends OnnxFormatException {
  private static final long serialVersionUID = 1L;

  private final String tensor;

  ExternalDataException(String file, String tensor, String trouble, String remedy) {
    super(file, "tensor '" + tensor + "' " + trouble, remedy);
    this.tensor = tensor;
  }

  ExternalDataException(
      String file, String tensor, String trouble, String remedy, Throwable cause) {
    super(file, "tensor '" + tensor + "' " + trouble, remedy, cause);
    this.tensor = tensor;
  }

  /** Returns the tensor's name. */
  public String tensor() {
    return tensor;
  }
}
