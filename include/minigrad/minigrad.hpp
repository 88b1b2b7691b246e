// minigrad.hpp - everything. The order below is the order to read it in: each room uses only those before it.
#pragma once

// core: what everything else speaks in.
#include "core/format.hpp"
#include "core/error.hpp"
#include "core/shape.hpp"
#include "core/random.hpp"

// tensor: many numbers as one value.
#include "tensor/pool.hpp"
#include "tensor/tensor.hpp"
#include "tensor/print.hpp"
#include "tensor/create.hpp"
#include "tensor/rearrange.hpp"
#include "tensor/elementwise.hpp"
#include "tensor/reduce.hpp"
#include "tensor/matmul.hpp"

// data: from a file to numbers.
#include "data/field.hpp"
#include "data/table.hpp"
#include "data/csv.hpp"
