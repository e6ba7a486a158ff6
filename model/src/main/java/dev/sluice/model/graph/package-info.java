/**
 * ONNX graphs: order, live tensors, cut points, cost, and pieces cut out of them. Start at {@link
 * dev.sluice.model.graph.OnnxGraph}.
 */
@NullMarked
package dev.sluice.model.graph;

import org.jspecify.annotations.NullMarked;
