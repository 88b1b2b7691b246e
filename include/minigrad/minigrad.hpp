// minigrad.hpp - everything. The order below is the order to read it in: each room uses only those before it.
#pragma once

// core: what everything else speaks in.
#include "core/version.hpp"
#include "core/cpu.hpp"
#include "core/finite.hpp"
#include "core/format.hpp"
#include "core/error.hpp"
#include "core/shape.hpp"
#include "core/random.hpp"
#include "core/parallel.hpp"
#include "core/on_best_isa.hpp"
#include "core/simd.hpp"
#include "core/simd_math.hpp"

// tensor: many numbers as one value.
#include "tensor/pool.hpp"
#include "tensor/tensor.hpp"
#include "tensor/print.hpp"
#include "tensor/create.hpp"
#include "tensor/inner_loop.hpp"
#include "tensor/broadcast_loop.hpp"
#include "tensor/rearrange.hpp"
#include "tensor/elementwise.hpp"
#include "tensor/row_reduce.hpp"
#include "tensor/reduce.hpp"
#include "tensor/softmax.hpp"
#include "tensor/gemm.hpp"
#include "tensor/matmul.hpp"
#include "tensor/lstsq.hpp"

// graph: the engine. What was computed from what, how gradients pass back through it, and how it runs again.
#include "graph/parameter.hpp"
#include "graph/node.hpp"
#include "graph/slots.hpp"
#include "graph/node_store.hpp"
#include "graph/node_view.hpp"
#include "graph/hook.hpp"
#include "graph/random_log.hpp"
#include "graph/unique_number.hpp"
#include "graph/var.hpp"
#include "graph/graph.hpp"
#include "graph/operand.hpp"
#include "graph/rules.hpp"
#include "graph/accumulate.hpp"
#include "graph/elementwise_node.hpp"
#include "graph/op_table.hpp"
#include "graph/record.hpp"
#include "graph/backward.hpp"
#include "graph/capture.hpp"

// ops: the table of all ops, each value beside its derivative.
#include "ops/compare.hpp"
#include "ops/arithmetic.hpp"
#include "ops/functions.hpp"
#include "ops/activations.hpp"
#include "ops/angles.hpp"
#include "ops/reduce.hpp"
#include "ops/rearrange.hpp"
#include "ops/extremes.hpp"
#include "ops/softmax.hpp"
#include "ops/targets.hpp"
#include "ops/gather.hpp"
#include "ops/matmul.hpp"
#include "ops/random.hpp"

// diff: derivatives of any order, and what is built on them.
#include "diff/grad.hpp"
#include "diff/hooks.hpp"
#include "diff/anomaly.hpp"
#include "diff/checkpoint.hpp"
#include "diff/recorded_function.hpp"
#include "diff/derivatives.hpp"
#include "diff/check_grads.hpp"

// scalar: derivatives of ordinary functions of numbers.
#include "scalar/tape.hpp"
#include "scalar/scalar_tape.hpp"
#include "scalar/scalar_functions.hpp"

// nn: layers, and what to make small.
#include "nn/parts.hpp"
#include "nn/module.hpp"
#include "nn/init.hpp"
#include "nn/layers.hpp"
#include "nn/sequential.hpp"
#include "nn/losses.hpp"
#include "nn/summary.hpp"
#include "nn/checks.hpp"

// optim: how weights follow their gradients.
#include "optim/optimizer.hpp"
#include "optim/sgd.hpp"
#include "optim/adaptive.hpp"
#include "optim/adam.hpp"
#include "optim/schedule.hpp"
#include "optim/clip.hpp"

// data: from a file to batches of numbers.
#include "data/field.hpp"
#include "data/table.hpp"
#include "data/csv.hpp"
#include "data/dataset.hpp"
#include "data/split.hpp"
#include "data/scaler.hpp"
#include "data/features.hpp"
#include "data/loader.hpp"

// io: from numbers to files and pictures.
#include "io/dot.hpp"

// train: the loop over all of it, for those who do not write their own.
#include "train/history.hpp"
#include "train/progress.hpp"
#include "train/metrics.hpp"
#include "train/evaluate.hpp"
#include "train/divergence.hpp"
#include "train/batch_step.hpp"
#include "train/fit.hpp"
