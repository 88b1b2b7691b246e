// ops/ops.hpp - the op table: every op with its value and its derivative.
#pragma once

#include "activations.hpp"
#include "angles.hpp"
#include "arithmetic.hpp"
#include "functions.hpp"
#include "gather.hpp"
#include "matmul.hpp"
#include "concatenate.hpp"
#include "random.hpp"
#include "rearrange.hpp"
#include "extremes.hpp"
#include "softmax.hpp"
#include "reduce.hpp"
