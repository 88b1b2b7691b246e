// graph/ops.hpp - the op table: every op with its value and its derivative.
#pragma once

#include "ops/activations.hpp"
#include "ops/angles.hpp"
#include "ops/arithmetic.hpp"
#include "ops/functions.hpp"
#include "ops/matmul.hpp"
#include "ops/rearrange.hpp"
#include "ops/reduce.hpp"
