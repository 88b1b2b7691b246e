// tensor/conv_channels.hpp - a convolution whose vectors hold channels of the result, one place of each.
//
// Vectors of places waste what is left at the end of each row of an image. Where the channels of the result fill vectors,
// those waste nothing. In the copy of x, [rows, channels, columns], the numbers that a place reads are rows of
// kernel.columns, a fixed step apart. So it is the product of a weight's gradient (conv_tiles.hpp), with places for taps
// and taps for places.
#pragma once

#include <algorithm>
#include <cstddef>

#include "conv_planes.hpp"

#if defined(__GNUC__)
namespace minigrad::inline MINIGRAD_ABI::detail {
inline namespace MINIGRAD_KERNELS {

template <class T>
class ChannelConv {
 public:
  /// The convolution of x [n, groups ci, rows.x, columns.x] to y [n, groups co, rows.y, columns.y], without dilation.
  explicit ChannelConv(const ConvGeometry& geometry)
      : g(geometry),
        lanes(gemm_lanes<T>(isa())),
        width((g.co + lanes - 1) / lanes * lanes),
        pitch((g.columns.y - 1) * g.columns.stride + g.columns.kernel),
        height((g.rows.y - 1) * g.rows.stride + g.rows.kernel),
        places(g.rows.y * g.columns.y) {}

  /// Whether vectors of channels are fewer than `vectors` of places, by more than it costs to turn the result over: as
  /// much as so many products.
  bool pays(std::size_t vectors) const {
    const std::size_t taps = g.taps(), turning = 40;
    return g.rows.dilation == 1 && g.columns.dilation == 1 && taps >= 64 && g.columns.kernel <= longest_piece &&
           width * places * (taps + turning) < vectors * lanes * g.co * (taps + 8);
  }

  /// The number from channel c of a group to channel o of it, by a tap of the kernel, is w[group * group_step +
  /// c * channel_step + o * step + tap], where `turned` with the taps in the other order.
  struct Weight {
    const T* w;
    std::size_t group_step, channel_step, step;
    bool turned;
  };

  void run(const T* x, const Weight& weight, const T* bias, T* y) const {
    const std::size_t packed = g.taps() * width, image = g.ci * g.rows.x * g.columns.x;
    const Scratch<T> weights(g.groups * packed);
    for (std::size_t group = 0; group < g.groups; ++group) pack_weight(group, weight, weights.data() + group * packed);
    PoolArray<std::size_t> offsets(places);
    for (std::size_t i = 0; i < places; ++i)
      offsets[i] = i / g.columns.y * g.rows.stride * g.ci * pitch + i % g.columns.y * g.columns.stride;
    parallel_for(g.n, 1, 1 + gemm_least_flops / (1 + 2 * g.w_size() * places), [&](std::size_t begin, std::size_t end) {
      const Scratch<T> copy(height * g.ci * pitch);
      for (std::size_t k = begin * g.groups; k < end * g.groups; ++k) {
        copy_image(x + k * image, copy.data(), k == begin * g.groups);
        const std::size_t group = k % g.groups;
        run_image(copy.data(), weights.data() + group * packed, offsets.data(), bias ? bias + group * g.co : nullptr,
                  y + k * g.co * places);
      }
    });
  }

 private:
  /// [rows of the kernel, channels, columns of it, width].
  void pack_weight(std::size_t group, const Weight& weight, T* to) const {
    const std::size_t kernel = g.kernel(), row = g.columns.kernel;
    parallel_for(g.ci, 1, 1 + numbers_to_copy / (kernel * width), [&](std::size_t begin, std::size_t end) {
      const Scratch<T> turned(kernel * width);
      std::fill_n(turned.data(), kernel * width, T{});
      for (std::size_t c = begin; c < end; ++c) {
        const T* const from = weight.w + group * weight.group_step + c * weight.channel_step;
        pack(from, 1, weight.step, kernel, g.co, turned.data(), width);
        for (std::size_t tap = 0; tap < kernel; ++tap) {
          const std::size_t at = weight.turned ? kernel - 1 - tap : tap;
          std::copy_n(turned.data() + at * width, width, to + ((tap / row * g.ci + c) * row + tap % row) * width);
        }
      }
    });
  }
  /// [channels, rows, columns] to [rows, channels, columns], and where that is `fresh` the zeros around them.
  void copy_image(const T* x, T* to, bool fresh) const {
    const std::size_t left = (std::min)(g.columns.padding, pitch), count = (std::min)(g.columns.x, pitch - left);
    const std::size_t top = (std::min)(g.rows.padding, height), rows = (std::min)(g.rows.x, height - top);
    parallel_for(g.ci, 1, 1 + numbers_to_copy / (g.rows.x * g.columns.x), [&](std::size_t begin, std::size_t end) {
      for (std::size_t row = 0; row < height && fresh; ++row)
        std::fill_n(to + (row * g.ci + begin) * pitch, (end - begin) * pitch, T{});
      for (std::size_t c = begin; c < end; ++c)
        copy_rows(x + c * g.rows.x * g.columns.x, g.columns.x, rows, count, to + (top * g.ci + c) * pitch + left,
                  g.ci * pitch);
    });
  }
  void run_image(const T* copy, const T* weights, const std::size_t* offsets, const T* bias, T* y) const {
    constexpr std::size_t block = 48;  // places whose sums stay in the nearest cache; a multiple of all tiles
    const std::size_t rows = weight_rows(isa()), blocks = (places + block - 1) / block;
    const std::size_t least = 1 + gemm_least_flops / (2 * block * width * g.taps());
    parallel_for(blocks, 1, least, [&](std::size_t begin, std::size_t end) {
      const Scratch<T> sums(block * width);
      for (std::size_t k = begin; k < end; ++k) {
        const std::size_t first = k * block, count = (std::min)(block, places - first);
        for (std::size_t i = 0; i < count; ++i) {
          T* const to = sums.data() + i * width;
          if (bias) std::fill(std::copy_n(bias, g.co, to), to + width, T{});
          else std::fill_n(to, width, T{});
        }
        const std::size_t kx = g.columns.kernel;
        const WeightProduct<T> part{count, g.rows.kernel * g.ci, kx,         width,      copy, offsets + first,
                                    pitch, weights,              kx * width, sums.data()};
        on_isa<WeightTiles>(isa(), &part, std::size_t{0}, (count + rows - 1) / rows);
        pack(sums.data(), 1, width, g.co, count, y + first, places);
      }
    });
  }

  ConvGeometry g;
  std::size_t lanes, width, pitch, height, places;
};

}  // namespace MINIGRAD_KERNELS
}  // namespace minigrad::inline MINIGRAD_ABI::detail
#endif
