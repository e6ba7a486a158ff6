package dev.sluice.edge;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Collects what a class warns of while it is open. */
public final class Warnings implements AutoCloseable {
  private final Logger logger;
  private final Level usual;
  private final ListAppender<ILoggingEvent> heard = new ListAppender<>();

  private Warnings(Logger logger) {
    this.logger = logger;
    usual = logger.getLevel();
  }

  public static Warnings of(Class<?> source) {
    Warnings warnings = new Warnings((Logger) LoggerFactory.getLogger(source));
    warnings.logger.setLevel(Level.WARN);
    warnings.heard.start();
    warnings.logger.addAppender(warnings.heard);
    return warnings;
  }

  public List<String> lines() {
    return heard.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Override
  public void close() {
    logger.detachAppender(heard);
    logger.setLevel(usual);
  }
}
