#!/usr/bin/env bash
# tests/run.sh [--all] [--sanitize | --preset NAME] [CTEST ARGUMENT...]
#
# Installs what is missing (where there is apt-get), builds the tests, runs them, and closes with a line that counts
# them. Without arguments it leaves out what takes long, and says what that was; it also compiles what needs no speed
# without optimization. --all runs everything, and optimizes. --sanitize runs under the address and undefined-behaviour
# sanitizers. What follows goes to ctest, and chooses among all tests:
#   tests/run.sh -R tensor     tests whose name contains "tensor"
#   tests/run.sh -L unit       one kind: unit, isa, example, docs, consumer, compile_fail, compile_cost
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/cmake/need.sh"

all=no
preset=
while :; do
  case ${1:-} in
    --all) all=yes && shift ;;
    --sanitize) preset=sanitize && shift ;;
    --preset) preset=$2 && shift 2 ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "${BASH_SOURCE[0]}" && exit ;;
    *) break ;;
  esac
done

target=minigrad_tests
left_out=()  # what tells ctest so
if [ $all = no ] && [ $# -eq 0 ]; then
  target=minigrad_quick_tests
  left_out=(-LE '^long$')
fi
if [ -z "$preset" ]; then
  if [ $all = yes ]; then preset=release; else preset=quick; fi
fi

trap 'echo "0 passed, 1 failed"' EXIT  # whatever keeps the tests from running

need g++ command -v g++
need make command -v make
need cmake command -v cmake
need doctest-dev has_header doctest/doctest.h
if [ $target = minigrad_tests ]; then
  want dataset-fashion-mnist test -d /usr/share/datasets/fashion-mnist  # 31 MB
  want strace command -v strace
  want graphviz command -v dot
  want zlib1g-dev has_header zlib.h
  want valgrind command -v valgrind
  want libopenmpi-dev command -v mpicxx
  want openmpi-bin command -v mpirun
  want meson command -v meson
  want pkg-config command -v pkg-config
  want libonnx-testdata test -d /usr/share/libonnx-testdata  # 6 MB
  if [ -d "$root/examples/course_length" ]; then need libcli11-dev has_header CLI/CLI.hpp; fi
fi
install_missing

build=$root/build/$preset
log=$build/Testing/Temporary/LastTest.log
cd "$root"  # where the presets are
cmake --preset "$preset" -DMINIGRAD_BUILD_TESTS=ON -DMINIGRAD_BUILD_EXAMPLES=ON -DMINIGRAD_WERROR=ON
cmake --build "$build" --target $target --parallel "$jobs"

# The names of the tests that are left out. example/01_function/clang++ and its like become example/*/clang++ (13).
names=$(if [ ${#left_out[@]} -gt 0 ]; then
  ctest --test-dir "$build" -N -L '^long$' | sed -n 's/^ *Test *#[0-9]*: //p' |
    sed -E 's|^([^/]*)/[^/]*/([^/]*)$|\1/*/\2|; s|^[^/]*/(on_[a-z0-9]*)$|*/\1|' | sort | uniq -c |
    awk '{ print ($1 > 1 ? $2 " (" $1 ")" : $2) }' | paste -sd, | sed 's/,/, /g' | fold -s -w 118 |
    sed 's/^/  /; s/ $//'
fi)

mkdir -p "$(dirname "$log")"
: > "$log"
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout 600 -j "$jobs" \
  ${left_out[@]+"${left_out[@]}"} "$@" || status=$?
trap - EXIT

if [ -n "$names" ]; then
  echo "Left out, because it takes long (tests/run.sh --all runs it too, tests/run.sh -R NAME alone):"
  echo "$names"
fi
awk -v status=$status -f tests/count.awk "$log"
