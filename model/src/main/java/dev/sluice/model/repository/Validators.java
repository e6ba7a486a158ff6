package dev.sluice.model.repository;

import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;

/**
 * What a server gave to ask "is it still this?" with.
 *
 * @param etag the ETag as it was sent; empty if there was none
 * @param lastModified the Last-Modified as it was sent; empty if there was none
 */
record Validators(String etag, String lastModified) {
  static final Validators NONE = new Validators("", "");

  static Validators of(HttpHeaders headers) {
    return new Validators(
        headers.firstValue("ETag").orElse(""), headers.firstValue("Last-Modified").orElse(""));
  }

  /** Asks for the content only if it is another one by now. */
  void ifChanged(HttpRequest.Builder request) {
    if (!etag.isEmpty()) {
      request.setHeader("If-None-Match", etag);
    } else if (!lastModified.isEmpty()) {
      request.setHeader("If-Modified-Since", lastModified);
    }
  }

  /** Asks for the rest only if the content is still the same, and for all of it otherwise. */
  void rangeIfSame(HttpRequest.Builder request, long offset) {
    request.setHeader("Range", "bytes=" + offset + "-");
    // A weak tag does not vouch for single bytes, and no server may take it here.
    if (!etag.isEmpty() && !etag.startsWith("W/")) {
      request.setHeader("If-Range", etag);
    } else if (etag.isEmpty() && !lastModified.isEmpty()) {
      request.setHeader("If-Range", lastModified);
    }
  }
}
