// minigrad.hpp - everything. The order below is the order to read it in: each room uses only those before it.
#pragma once

// core: what everything else speaks in.
#include "core/cpu.hpp"
#include "core/finite.hpp"
#include "core/format.hpp"
#include "core/error.hpp"
#include "core/shape.hpp"
#include "core/random.hpp"
#include "core/parallel.hpp"
#include "core/lanes.hpp"
#include "core/vector_math.hpp"

// tensor: many numbers as one value.
#include "tensor/pool.hpp"
#include "tensor/tensor.hpp"
#include "tensor/print.hpp"
#include "tensor/create.hpp"
#include "tensor/rearrange.hpp"
#include "tensor/row_kernel.hpp"
#include "tensor/rows.hpp"
#include "tensor/elementwise.hpp"
#include "tensor/row_reduce.hpp"
#include "tensor/reduce.hpp"
#include "tensor/softmax.hpp"
#include "tensor/gemm.hpp"
#include "tensor/matmul.hpp"
#include "tensor/lstsq.hpp"

// graph: what was computed from what, and the derivatives that follow from it. ops/ is the table of all ops.
#include "graph/parameter.hpp"
#include "graph/node.hpp"
#include "graph/graph.hpp"
#include "graph/operand.hpp"
#include "graph/pass_back.hpp"
#include "graph/op_node.hpp"
#include "graph/record.hpp"
#include "graph/ops.hpp"
#include "graph/backward.hpp"
#include "graph/hooks.hpp"
#include "graph/anomaly.hpp"
#include "graph/checkpoint.hpp"
#include "graph/recorded_function.hpp"
#include "graph/derivatives.hpp"
#include "graph/check_grads.hpp"
#include "graph/tape.hpp"
#include "graph/scalar_functions.hpp"
#include "graph/scalar_tape.hpp"

// nn: layers, and what to make small.
#include "nn/module.hpp"
#include "nn/init.hpp"
#include "nn/layers.hpp"
#include "nn/sequential.hpp"
#include "nn/losses.hpp"
#include "nn/summary.hpp"
#include "nn/checks.hpp"

// optim: how weights follow their gradients.
#include "optim/lanes.hpp"
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

// train: the loop over all of it, for those who do not write their own.
#include "train/history.hpp"
#include "train/progress.hpp"
#include "train/fit.hpp"

// io: from numbers to files and pictures.
#include "io/dot.hpp"
