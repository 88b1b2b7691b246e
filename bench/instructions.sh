#!/usr/bin/env bash
# bench/instructions.sh [--peers] [WORKLOAD...]
#
# Counts the instructions of one update of training, in minigrad and in peers, by valgrind, and prints a table:
#   eager          minigrad, a graph recorded anew for each update
#   replay         minigrad, a step recorded once by capture()
#   Eigen by hand  bench/peers/eigen.cpp
#   MiniDNN        in the folder MINIDNN_DIR, which holds MiniDNN.h (github.com/yixuan/MiniDNN)
# A dash stands for what is not there. Counts do not depend on what else the machine does, as times do, but instructions
# are not equally fast. A figure is the difference between two numbers of updates by their difference, which leaves out
# the beginning. valgrind knows no AVX-512: minigrad, compiled with -O2 alone, takes its kernels for AVX2, and peers are
# compiled for AVX2 and with -O3. That each program reaches the expected loss is checked too.
#   --peers   first installs valgrind and Eigen (where there is apt-get)
#   WORKLOAD  only these of bench/peers/workloads.hpp (W1 W2 W3b W3)
# CXX names the compiler (g++).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/cmake/need.sh"
out=$root/build/instructions
cxx=${CXX:-g++}
eigen=/usr/include/eigen3
minidnn=${MINIDNN_DIR:-}

install=no workloads=()
while [ $# -gt 0 ]; do
  case $1 in
    --peers) install=yes ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed '$d' && exit ;;
    *) workloads+=("$1") ;;
  esac
  shift
done
if [ ${#workloads[@]} -eq 0 ]; then workloads=(W1 W2 W3b W3); fi

if [ $install = yes ]; then
  need valgrind command -v valgrind
  need libeigen3-dev test -d $eigen
  install_missing
fi
command -v valgrind > /dev/null || { echo "valgrind is missing (see --help)" >&2 && exit 1; }

# build NAME FLAG...
mkdir -p "$out"
build() { "$cxx" -std=c++20 "$root/bench/peers/$1.cpp" -o "$out/$1" "${@:2}"; }
rm -f "$out"/{minigrad,replay,eigen,minidnn}
build minigrad -O2 -I"$root/include"
build replay -O2 -I"$root/include"
fast=(-O3 -mavx2 -mfma -fno-math-errno -w "-I$eigen")
if [ -d $eigen ]; then build eigen "${fast[@]}"; fi
if [ -e "$minidnn/MiniDNN.h" ] && [ -d $eigen ]; then build minidnn "${fast[@]}" -I"$minidnn"; fi

export MINIGRAD_ISA=avx2

# total PROGRAM WORKLOAD UPDATES - instructions of the whole program; nothing if it fails.
total() {
  if valgrind --tool=callgrind --callgrind-out-file=/dev/null "$out/$1" count "$2" "$3" 2> "$out/log"; then
    sed -n 's/.*Collected : //p' "$out/log"
  elif [ $? -ne 1 ]; then  # 1 says that the program has no such workload
    echo "$1 breaks off at $2 (see $out/log)" >&2
  fi
}

# per_update PROGRAM WORKLOAD
per_update() {
  local few=200 many=1200 a b
  if [ "$2" = W3b ]; then few=192 many=1216; fi  # whole passes over its 64 batches
  if [ "$2" = W3 ]; then few=20 many=60; fi
  if [ -x "$out/$1" ] && a=$(total "$1" "$2" $few) && b=$(total "$1" "$2" $many) && [ "$a" ] && [ "$b" ]; then
    if "$out/$1" "train-$2" --seconds 0 | grep WRONG >&2; then echo "$1 is wrong" >&2; fi
    echo $(((b - a) / (many - few)))
  else
    echo -
  fi
}

"$cxx" --version | head -n 1
echo
echo "| workload | eager | replay | Eigen by hand | MiniDNN |"
echo "| --- | ---: | ---: | ---: | ---: |"
for workload in "${workloads[@]}"; do
  row="| $workload |"
  for program in minigrad replay eigen minidnn; do row+=" $(per_update $program "$workload") |"; done
  echo "$row"
done | sed -E ':again; s/([0-9])([0-9]{3}) /\1,\2 /; t again'
