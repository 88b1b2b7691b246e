#!/usr/bin/env bash
# bench/run.sh [--rounds N] [--quick] [--peers] [NAME...]
#
# Runs the workloads of bench/peers/workloads.hpp in minigrad and in every peer that is installed, N times in turn (5),
# and prints the medians. Each program is the same network from the same first weights, and is checked to reach the same
# loss. Ratios are minigrad's speed by the peer's: above 1 minigrad is faster. The largest are also run on two threads.
#   --peers   first installs the peers' packages (where there is apt-get)
#   --quick   one short round without the largest workloads
#   --sizes   instead: what an update costs as the batch, the width or the depth of a network grows, drawn by gnuplot
#             into docs/images/cost_batch.svg and so on
#   NAME      only these: train-W1 .. train-W5, infer-W1 .., gemm-float-512, or the first words of a name
# CXX names the compiler (g++). minigrad is compiled with -O2 alone, peers with -O3 -march=native.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/cmake/need.sh"
peers=$root/bench/peers
out=$root/build/peers
cxx=${CXX:-g++}

rounds=5 seconds=0.3 install=no sizes=no names=()
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2 && shift ;;
    --quick)
      rounds=1 seconds=0.05
      names=(train-W1 train-W2 train-W3 train-W3b train-W4 infer-W1 infer-W2 infer-W3 infer-W3b infer-W4
        gemm-float-{64,256,512} gemm-double-256)
      ;;
    --sizes) sizes=yes rounds=3 seconds=0.1 names=(size) ;;
    --peers) install=yes ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed '$d' && exit ;;
    *) names+=("$1") ;;
  esac
  shift
done

torch=/usr/include/torch/csrc/api/include
eigen=/usr/include/eigen3
if [ $install = yes ]; then
  need g++ command -v g++
  need clang command -v clang++
  need libtorch-dev test -d $torch
  need libdlib-dev has_header dlib/revision.h
  need libfann-dev has_header floatfann.h
  need libeigen3-dev test -d $eigen
  need libopenblas-dev has_header openblas_config.h
  need libdnnl-dev has_header dnnl.h
  if [ $sizes = yes ]; then need gnuplot-nox command -v gnuplot; fi
  install_missing
fi

# build NAME SOURCE COMPILER FLAG... - in the background, unless it is newer than what it is made of.
have() { has_header "$1" > /dev/null 2>&1; }
mkdir -p "$out"
programs=()
build() {
  local name=$1 source=$2 made_of=("$peers")
  shift 2
  programs+=("$name")
  case $name in minigrad*) made_of+=("$root/include") ;; esac
  if [ -x "$out/$name" ] && [ -z "$(find "${made_of[@]}" -newer "$out/$name" -name '*.?pp')" ] &&
    [ "$(cat "$out/$name.flags")" = "$*" ]; then return; fi
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
  rm -f "$out/$name"
  echo "$*" > "$out/$name.flags"
  echo "building $name" >&2
  "$1" -std=c++20 "$peers/$source" -o "$out/$name" "${@:2}" > "$out/$name.log" 2>&1 &
}

fast=(-O3 -march=native -fno-math-errno)
if [ -d $torch ]; then build torch torch.cpp "$cxx" "${fast[@]}" -w -I$torch -ltorch -ltorch_cpu -lc10; fi
if have dlib/revision.h; then build dlib dlib.cpp "$cxx" "${fast[@]}" -w -DDLIB_USE_BLAS -ldlib -lblas; fi
build minigrad minigrad.cpp "$cxx" -O2 -I"$root/include"
if command -v clang++ > /dev/null; then build minigrad-clang minigrad.cpp clang++ -O2 -I"$root/include"; fi
build minigrad-openmp minigrad.cpp "$cxx" -O2 -fopenmp -I"$root/include"
if have floatfann.h; then build fann fann.cpp "$cxx" "${fast[@]}" -lfloatfann; fi
if [ -d $eigen ]; then build eigen eigen.cpp "$cxx" "${fast[@]}" -fopenmp -w -I$eigen; fi
if have openblas_config.h; then build openblas openblas.cpp "$cxx" "${fast[@]}" -lopenblas; fi
if have dnnl.h; then build onednn onednn.cpp "$cxx" "${fast[@]}" -fopenmp -ldnnl; fi
build fixed fixed.cpp "$cxx" "${fast[@]}" -fopenmp-simd
build fixed-fast fixed.cpp "$cxx" "${fast[@]}" -fopenmp-simd -ffast-math
wait
for name in "${programs[@]}"; do
  [ -x "$out/$name" ] || echo "$name is left out: it does not build (see $out/$name.log)" >&2
done

# Debian's OpenBLAS mistakes some processors with AVX-512 for older ones.
if grep -qw avx512f /proc/cpuinfo 2> /dev/null; then export OPENBLAS_CORETYPE=SkylakeX; fi

# run PROGRAM THREADS [NAME...] - appends lines "threads program workload value unit came_out ok".
results=$out/results.txt
failed=0
: > "$results"
run() {
  local name=$1 threads=$2
  shift 2
  [ -x "$out/$name" ] || return 0
  OMP_NUM_THREADS=$threads OPENBLAS_NUM_THREADS=$threads \
    "$out/$name" "$@" --threads "$threads" --seconds $seconds | sed "s/^/$threads $name /" >> "$results" ||
    { echo "$name breaks off" >&2 && failed=1; }
}

threads=$((jobs < 2 ? jobs : 2))
on_threads=()
for workload in train-W4 train-W5 gemm-float-{512,1024,2048}; do
  wanted=$((${#names[@]} == 0))
  for name in ${names[@]+"${names[@]}"}; do
    case $workload- in "$name"-*) wanted=1 ;; esac
  done
  if [ $wanted = 1 ]; then on_threads+=("$workload"); fi
done
for round in $(seq "$rounds"); do
  echo "round $round of $rounds" >&2
  for name in "${programs[@]}"; do
    if [ "$name" = minigrad-openmp ]; then continue; fi
    run "$name" 1 ${names[@]+"${names[@]}"}
  done
  if [ "$threads" -lt 2 ] || [ ${#on_threads[@]} -eq 0 ]; then continue; fi
  for name in minigrad-openmp torch dlib eigen openblas onednn; do
    run "$name" "$threads" "${on_threads[@]}"
  done
done
if [ $sizes = yes ]; then
  awk -v out="$out" -f "$peers/median.awk" -f "$peers/sizes.awk" "$results" || failed=1
  gnuplot -e "data='$out'; pictures='$root/docs/images'" "$peers/sizes.gp"
else
  awk -f "$peers/median.awk" -f "$peers/table.awk" "$results" || failed=1
fi
exit $failed
