// ops/ops.hpp - the op table of minigrad.hpp: ops with their values and derivatives. Those included by name: all.hpp.
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
