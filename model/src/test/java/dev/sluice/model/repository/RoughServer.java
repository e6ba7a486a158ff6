package dev.sluice.model.repository;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Serves files and breaks off in the middle of a body, or never ends one, when told to. */
final class RoughServer implements AutoCloseable {
  final Map<String, byte[]> files = new ConcurrentHashMap<>();
  final Map<String, String> etags = new ConcurrentHashMap<>();

  /** Bytes after which the next answer for a path breaks off. */
  final Map<String, Integer> cuts = new ConcurrentHashMap<>();

  /** How many of the next whole answers for a path break off in their middle. */
  final Map<String, Integer> halves = new ConcurrentHashMap<>();

  /** Paths whose body never ends. */
  final Map<String, Boolean> endless = new ConcurrentHashMap<>();

  /** Whether Range is honoured. */
  volatile boolean ranges = true;

  final List<String> requests = new CopyOnWriteArrayList<>();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  RoughServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  String address(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  long count(String line) {
    return requests.stream().filter(request -> request.startsWith(line)).count();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String range = exchange.getRequestHeaders().getFirst("Range");
      String ifRange = exchange.getRequestHeaders().getFirst("If-Range");
      String ifNoneMatch = exchange.getRequestHeaders().getFirst("If-None-Match");
      requests.add(
          path
              + (range == null ? "" : " " + range)
              + (ifRange == null ? "" : " if-range " + ifRange));
      OutputStream out = exchange.getResponseBody();
      if (endless.containsKey(path)) {
        exchange.sendResponseHeaders(200, 0);
        byte[] junk = new byte[1 << 16];
        while (true) {
          out.write(junk);
        }
      }
      byte[] content = files.get(path);
      if (content == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      String etag = etags.get(path);
      if (etag != null) {
        exchange.getResponseHeaders().set("ETag", etag);
        if (etag.equals(ifNoneMatch)) {
          exchange.sendResponseHeaders(304, -1);
          return;
        }
      }
      int from = 0;
      int status = 200;
      if (ranges && range != null && (ifRange == null || ifRange.equals(etag))) {
        from = Integer.parseInt(range.substring(6, range.length() - 1));
        if (from >= content.length) {
          exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.length);
          exchange.sendResponseHeaders(416, -1);
          return;
        }
        status = 206;
        exchange
            .getResponseHeaders()
            .set(
                "Content-Range",
                "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
      }
      exchange.sendResponseHeaders(
          status, content.length == from ? -1 : (long) content.length - from);
      Integer cut = cuts.remove(path);
      if (from == 0 && halves.merge(path, -1, Integer::sum) >= 0) {
        cut = content.length / 2;
      }
      int end = cut == null ? content.length : Math.min(content.length, from + cut);
      out.write(content, from, end - from);
      out.flush();
      if (end == content.length) {
        out.close();
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
