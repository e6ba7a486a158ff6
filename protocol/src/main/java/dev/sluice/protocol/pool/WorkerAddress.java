package dev.sluice.protocol.pool;

/**
 * One worker of a pool.
 *
 * @param host what is connected to: a name or an address
 * @param port in {@code [1, 65535]}
 * @param name what its certificate must be made for
 */
record WorkerAddress(String host, int port, String name) {
  /**
   * Returns the place of this worker in a client's own order of preference; smallest first.
   *
   * <p>Rendezvous hashing (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit
   * Rates", IEEE/ACM Transactions on Networking 6(1), 1998): each client orders all workers by a
   * hash of both names. Clients spread evenly, a worker that goes moves only its own clients, each
   * to the next in its order, and these differ.
   */
  long rank(String clientName) {
    long hash = 0xCBF29CE484222325L;
    for (String part : new String[] {clientName, host, String.valueOf(port)}) {
      for (int i = 0; i < part.length(); i++) {
        hash = (hash ^ part.charAt(i)) * 0x100000001B3L;
      }
      hash = (hash ^ 0xFFFF) * 0x100000001B3L;
    }
    // FNV-1a alone mixes its last characters too little: the finaliser of SplitMix64.
    hash = (hash ^ (hash >>> 30)) * 0xBF58476D1CE4E5B9L;
    hash = (hash ^ (hash >>> 27)) * 0x94D049BB133111EBL;
    return hash ^ (hash >>> 31);
  }

  @Override
  public String toString() {
    return WorkerTarget.text(host, port);
  }
}
