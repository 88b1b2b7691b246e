// ops/all.hpp - every op: those of minigrad.hpp, and those that are included by name.
#pragma once

#include "arrange.hpp"
#include "close.hpp"
#include "cumulative.hpp"
#include "einsum.hpp"
#include "index.hpp"
#include "norm.hpp"
#include "ops.hpp"
#include "pad.hpp"
#include "scatter.hpp"
#include "sort.hpp"
#include "triangle.hpp"
