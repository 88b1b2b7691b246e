#!/usr/bin/env bash
# tests/mutation.sh [--check] [WORD]
#
# Do the tests notice? Breaks one rule at a time, in a copy of the headers, and runs the test file that should say so.
# Prints for each the first test case that failed, or how the program ended where it crashed first, and ends with status 1
# where none did. WORD: only the lines of the list that have it. Not part of the suite: to compile 82 programs takes
# minutes. With --check it only says which lines do not fit the headers any more, which mutation_test.sh asks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. cmake/need.sh
check=no
if [ "${1:-}" = --check ]; then check=yes && shift; fi
scratch=build/mutation
flags="-std=c++20 -O0 -w -DMINIGRAD_DATA_DIR=\"$PWD/examples/data\" -DMINIGRAD_HEADER_DIR=\"$PWD/include/minigrad\""
cxx=${CXX:-g++}
if [ $check = no ]; then
  rm -rf "$scratch"
  mkdir -p "$scratch"
  for part in main support/count_allocations; do
    $cxx $flags -Iinclude -c "tests/$part.cpp" -o "$scratch/$(basename $part).o"
  done
fi

# header | what stands there, once | what is put in its place | the test file that should notice
list='
ops/arithmetic.hpp | return -(g * q / y); | return g * q / y; | ops/slopes
ops/activations.hpp | return g * (1 - y * y); | return g * (1 - y); | ops/slopes
ops/functions.hpp | return g / (2 * y); | return g / y; | ops/slopes
ops/functions.hpp | T y = c * power; | T y = power; | ops/slopes
ops/matmul.hpp | return matmul_tn(a, g) | return matmul_tn(g, a) | ops/matmul
ops/reduce.hpp | n = detail::reduced_extent("mean", x.shape(), | n = 1 + detail::reduced_extent("mean", x.shape(), | ops/reduce
ops/reduce.hpp | axis)) - correction; | axis)); | ops/reduce
ops/extremes.hpp | / sum(ones_and_zeros(mask, x), axis, true); | ; | ops/reduce
ops/rearrange.hpp | unslice(g, shape_of(x), a.begin, a.axis) | unslice(g, shape_of(x), a.begin ? a.begin - 1 : 0, a.axis) | ops/rearrange
ops/random.hpp | 0 : 1 / (1 - p) | 0 : 1 | nn/layers
ops/batch_norm.hpp | static_cast<T>(n) / static_cast<T>(n - 1) | 1 | nn/norm
ops/batch_norm.hpp | dot_of_deviations(n - half, x + half, p, z + half, q) | dot_of_deviations(n - half, x, p, z, q) | nn/norm
ops/batch_norm.hpp | of_x = -of_g * r[c] * r[c] * mean_gx | of_x = -of_g * r[c] * mean_gx | nn/images
ops/pool.hpp | (n - 1) * stride[axis] >= extent | (n - 1) * stride[axis] > extent | nn/pool
ops/conv.hpp | (padded(axis, x[axis + 2]) - reach(axis)) % stride[axis] | 0 | nn/images
ops/resample.hpp | count_include_pad ? past - from : | count_include_pad ? window.kernel[axis] : | nn/pool
ops/cumulative.hpp | return cumsum(g, a.axis, a.exclusive, !a.reverse); | return cumsum(g, a.axis, a.exclusive, a.reverse); | ops/torch_tensors
ops/channels.hpp | sum_of_images<T>(half, end, one) | sum_of_images<T>(begin, begin + end - half, one) | nn/norm
graph/accumulate.hpp | sum_columns(g.size() / size, size, | sum_columns(g.size() / size - 1, size, | nn/layers
graph/accumulate.hpp | add_into(x.grad->value, part); | x.grad->value = std::forward<Part>(part); | diff/derivatives
graph/accumulate.hpp | part = sum_to(part, x.value->shape()); | part = sum_to(part, x.value->shape()) / 2; | graph/record
graph/accumulate.hpp | else x.grad->value = x.grad->value + part; | else x.grad->value = part; | graph/backward
graph/elementwise_node.hpp | / divisor_of<T>(y, size); | / divisor_of<T>(y, 2 * size); | nn/losses
graph/accumulate.hpp | bool broadcast = input != y.own.shape(); | bool broadcast = true; | graph/record
graph/reach.hpp | in->id)[from->id])) | in->id)[0])) | graph/record
graph/recorded_ops.hpp | if (*mode.flag != mode.value) | if (false) | graph/capture
graph/capture.hpp | graph_->disable(!whole); | ; | graph/capture
graph/capture.hpp | if (place_of(result_) != place_of(result)) | if (false) | graph/capture
diff/hook_runner.hpp | use.id <= root.id && use.passes && reached[use.id] && | | diff/hooks
diff/hook_runner.hpp | use.id <= root.id && use.passes && | use.id <= root.id && | diff/checkpoint
diff/checked_function.hpp | graph_.freeze_parameters(); | ; | diff/check_grads
diff/hook_runner.hpp | if (any_changed(graph_.uses())) | if (false) | diff/hooks
graph/backward.hpp | if (use.changed()) return | if (false) return | graph/faults
graph/backward.hpp | (x.parameter ? x.needs_grad : !graph_.freezes_parameters()) | x.needs_grad && x.parameter | diff/checkpoint
graph/uses.hpp | !reached[id]) continue | false) continue | graph/faults
graph/recorded_ops.hpp | now != before | false | graph/capture
diff/checkpoint.hpp | nodes()[static_cast<NodeId>(k)].grad = x.grad; | nodes()[0].grad = x.grad; | diff/checkpoint
diff/checkpoint.hpp | state.ops != 0 && state.ops != ops | false | diff/checkpoint
diff/checkpoint.hpp | require_same_ops(state, hash_of_ops(graph.nodes(), x[0].id(), N)); | | diff/checkpoint
train/evaluate.hpp | if (ignored) { | if (false) { | train/loss_weight
diff/recorded_function.hpp | [i * g.size() + j] = g[j] | [j * elements(seed).size() + i] = g[j] | diff/derivatives
scalar/scalar_var.hpp | slope_ += slope * x.slope_; | slope_ = slope * x.slope_; | scalar/scalar_tape
core/convert.hpp | return constant_as<T>(op, value); | return static_cast<T>(value); | ops/arithmetic
core/convert.hpp | if (!holds<To>(value)) fail_convert | if (false) fail_convert | tensor/tensor
core/convert.hpp | if (q % 2 != 0) y | if (q > 0) y | ops/functions
graph/parameter.hpp | ended.state().abandon(); | ; | graph/parameter
graph/step_difference.hpp | if (reads[k].state != reads_now[k].state) | if (false) | graph/capture
core/shape.hpp | m != n && m != 1 && n != 1 | m != n && m != 1 && n > 2 | core/shape
tensor/gemm_blocked.hpp | += b_step ? b_step : panel.n; | += panel.n; | tensor/gemm
tensor/gemm_blocked.hpp | summands_of(rows, half, x.k - half) | summands_of(rows, 0, x.k - half) | tensor/matmul
tensor/softmax.hpp | exp(L::load(x + i) - shift) | exp(L::load(x + i)) | tensor/softmax
tensor/softmax.hpp | exp(L::load(at_end ? end : x + i) - shift) | exp(L::load(at_end ? end : x + i)) | tensor/softmax
tensor/row_reduce.hpp | sum_long_row(n - half, x + half) | sum_long_row(n - half, x) | tensor/row_reduce
tensor/row_reduce.hpp | dot_row(n - half, x + half, y + half) | dot_row(n - half, x, y) | tensor/row_reduce
tensor/row_reduce.hpp | n, x + half * n, rest.data()) | n, x, rest.data()) | tensor/row_reduce
tensor/variance.hpp | row_moments(n - half, x + half, mean) | row_moments(n - half, x, mean) | ops/reduce
tensor/variance.hpp | column_moments(rows - half, n, x + half * n, | column_moments(rows - half, n, x, | ops/reduce
tensor/sums_at.hpp | if (++counts[row & mask] == 0) return i + 1; | ++counts[row & mask]; | tensor/rearrange
tensor/conv_transpose.hpp | if (at % s != 0) | if (at % s > 0) | tensor/conv
nn/losses.hpp | return g * 2 * (p - t); | return g * (p - t); | nn/losses
nn/losses.hpp | return -(g * x); | return g * x; | nn/losses
nn/losses.hpp | delta * sign(e)) | delta) | nn/losses
nn/init.hpp | std::sqrt(6 / (f.in + f.out)) | std::sqrt(6 / (f.in + f.in)) | nn/init
nn/class_targets.hpp | if (label == ignore_index) continue; | if (false) continue; | nn/class_losses
nn/class_targets.hpp | (k == label ? 1 - smoothing : 0) | (k == label ? 1 : 0) | nn/class_losses
nn/regression_losses.hpp | beta), e / beta, | beta), e, | nn/regression_losses
optim/sgd.hpp | slot.fresh ? 1 : 1 - dampening | 1 - dampening | optim/sgd
optim/adaptive.hpp | static_cast<double>(slot.steps - 1) | static_cast<double>(slot.steps) | optim/adaptive
optim/adaptive.hpp | s - a * a | s - a | optim/adaptive
optim/adam.hpp | 1 / std::sqrt(1 - std::pow(o.beta2, t)) | 1 | optim/adam
optim/adam.hpp | 1 - std::pow(o.beta1, t) | 1 - std::pow(o.beta1, t + 1) | optim/adam
optim/adam.hpp | 1 - group.options.lr * group.options.weight_decay | 1 - group.options.weight_decay | optim/adam
optim/clip.hpp | = max_norm / (norm + 1e-6); | = max_norm / norm; | optim/clip
optim/schedule.hpp | last * rise | (last + 1) * rise | optim/schedule
optim/schedule.hpp | wave(t_max - 1) / 2 | wave(t_max - 1) | optim/schedule
optim/schedule.hpp | waited_ <= o.patience | waited_ < o.patience | optim/schedule
optim/adam_variants.hpp | (1 - slot.product * next_mu) | (1 - slot.product) | optim/adam_variants
optim/averaging.hpp | (w - a) / count | (w - a) / (count + 1) | optim/averaging
data/scaler.hpp | std::sqrt(scale[j] / n) | std::sqrt(scale[j] / (n - 1)) | data/scaler
train/accumulation.hpp | done_ > 0 && weight != last_ | false | train/step
train/evaluate.hpp | total += weight * mean | total += static_cast<double>(rows) * mean | train/loss_weight
train/metrics.hpp | average == Average::weighted ? one.actual : 1 | 1 | train/metrics
'

# fits HEADER OLD TEST: whether the header has the text once, and there is such a test
fits() {
  local text without
  text=$(cat "include/minigrad/$1") && without=${text/"$2"/}
  if [ "$without" = "$text" ] || [[ "$without" = *"$2"* ]]; then
    echo "$1 has \`$2\` not once"
    return 1
  fi
  [ -f "tests/$3_test.cpp" ] || { echo "there is no test $3" && return 1; }
}

# try NUMBER HEADER OLD NEW TEST
try() {
  local copy=$scratch/$1 text broken noticed
  fits "$2" "$3" "$5" || return 1
  cp -r include "$copy"
  text=$(cat "$copy/minigrad/$2")
  broken=${text/"$3"/"$4"}
  printf '%s\n' "$broken" > "$copy/minigrad/$2"
  if ! $cxx $flags -I"$copy" "tests/$5_test.cpp" "$scratch"/*.o -o "$copy/test" 2> "$copy/errors"; then
    echo "$2 with \`$4\` does not compile"
    return 1
  fi
  noticed=$({ stdbuf -oL "$copy/test" || echo "TEST CASE: the program ends with status $?"; } |
    sed -n 's/^ *TEST CASE: *//p')
  noticed=${noticed%%$'\n'*}
  rm -rf "$copy"
  echo "$2: \`$3\` -> \`$4\`: ${noticed:-NOBODY NOTICED}"
  [ -n "$noticed" ]
}

number=0
unfit=0
running=()
status=0
trim() { sed 's/^ *//; s/ *$//' <<< "$1"; }
while IFS='|' read -r header old new test; do
  [ -n "$header" ] && [[ "$header$old$new$test" = *"${1:-}"* ]] || continue
  number=$((number + 1))
  if [ $check = yes ]; then
    fits "$(trim "$header")" "$(trim "$old")" "$(trim "$test")" || unfit=$((unfit + 1))
    continue
  fi
  try $number "$(trim "$header")" "$(trim "$old")" "$(trim "$new")" "$(trim "$test")" &
  running+=($!)
  if [ ${#running[@]} -ge "$jobs" ]; then
    wait "${running[0]}" || status=1
    running=("${running[@]:1}")
  fi
done <<< "$list"
for job in ${running[@]+"${running[@]}"}; do wait "$job" || status=1; done
if [ $check = yes ]; then
  echo "[mutation] test cases: $number | $((number - unfit)) passed | $unfit failed"
  status=$((unfit > 0))
fi
exit $status
