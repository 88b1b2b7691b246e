// nn/images.hpp - all layers for images. Each of these may be included alone.
#pragma once

#include "conv.hpp"
#include "dropout2d.hpp"
#include "flatten.hpp"
#include "norm.hpp"
#include "pool.hpp"
#include "upsample.hpp"
