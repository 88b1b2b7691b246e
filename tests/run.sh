#!/usr/bin/env bash
# tests/run.sh [--sanitize | --preset NAME] [CTEST ARGUMENT...]
#
# Installs what is missing (where there is apt-get), builds the tests, runs them, and closes with a line that counts
# them. --sanitize runs under the address and undefined-behaviour sanitizers. What follows goes to ctest:
#   tests/run.sh -R tensor     tests whose name contains "tensor"
#   tests/run.sh -L unit       one kind: unit, isa, example, docs, consumer, compile_fail, compile_cost
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/cmake/need.sh"

preset=release
case ${1:-} in
  --sanitize) preset=sanitize && shift ;;
  --preset) preset=$2 && shift 2 ;;
  -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" && exit ;;
esac

trap 'echo "0 passed, 1 failed"' EXIT  # whatever keeps the tests from running

need g++ command -v g++
need make command -v make
need cmake command -v cmake
need doctest-dev has_header doctest/doctest.h
want dataset-fashion-mnist test -d /usr/share/datasets/fashion-mnist  # 31 MB
want libonnx-testdata test -d /usr/share/libonnx-testdata  # 6 MB
if [ -d "$root/examples/course_length" ]; then
  need libcli11-dev has_header CLI/CLI.hpp
  need gnuplot-nox command -v gnuplot
fi
install_missing

build=$root/build/$preset
log=$build/Testing/Temporary/LastTest.log
cd "$root"  # where the presets are
cmake --preset "$preset" -DMINIGRAD_BUILD_TESTS=ON -DMINIGRAD_BUILD_EXAMPLES=ON
cmake --build "$build" --target minigrad_tests --parallel "$jobs"

mkdir -p "$(dirname "$log")"
: > "$log"
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout 600 -j "$jobs" "$@" || status=$?
trap - EXIT
awk -v status=$status -f tests/count.awk "$log"
