#!/usr/bin/env bash
# examples/run.sh [ARGUMENT...]
#
# Installs what is missing (where there is apt-get), builds examples/course_length and runs it. The arguments go to the
# program: `examples/run.sh --help` says which there are. Files are named as seen from the folder you are in.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/cmake/need.sh"

need g++ command -v g++
need make command -v make
need cmake command -v cmake
need libcli11-dev has_header CLI/CLI.hpp
install_missing

# What the compiler has to say is of interest only when it fails: the program's own output is what people came for.
build=$root/build/examples
mkdir -p "$build"
if ! { cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DMINIGRAD_BUILD_EXAMPLES=ON \
  -DMINIGRAD_BUILD_TESTS=OFF -DMINIGRAD_BUILD_BENCH=OFF &&
  cmake --build "$build" --target minigrad_course_length --parallel "$jobs"; } > "$build/build.log" 2>&1; then
  cat "$build/build.log"
  echo "course_length does not build"
  exit 1
fi
exec "$build/examples/course_length" "$@"
