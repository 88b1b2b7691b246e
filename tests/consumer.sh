#!/usr/bin/env bash
# consumer.sh KIND COMPILER SCRATCH [BUILD_DIR or FLAG...]
#
# Builds and runs a user's project from nothing. KIND is how it gets minigrad: add_subdirectory, fetch_content,
# find_package and pkg_config (both from a fresh install of BUILD_DIR), or two_files (two sources and -I, with FLAGs).
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$tests")
kind=$1 compiler=$2 scratch=$3
shift 3
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"

if [ "$kind" = find_package ] || [ "$kind" = pkg_config ]; then
  cmake --install "$1" --prefix "$scratch/first" > install.log
  mv "$scratch/first" "$scratch/prefix"  # an installed tree may move
fi

case $kind in
  two_files)
    "$compiler" -std=c++20 "$@" -I"$root/include" "$tests/consumer/two_files/main.cpp" \
      "$tests/consumer/two_files/other.cpp" -o user
    ;;
  pkg_config)
    flags=$(PKG_CONFIG_PATH=$scratch/prefix/share/pkgconfig pkg-config --cflags --libs 'minigrad >= 0.1')
    eval "\"$compiler\" -std=c++20 $flags \"$tests/consumer/user.cpp\" -o user"
    ;;
  *)
    cmake -S "$tests/consumer/$kind" -B . -DCMAKE_CXX_COMPILER="$compiler" -DMINIGRAD="$root" \
      -DCMAKE_PREFIX_PATH="$scratch/prefix"
    cmake --build .
    ;;
esac
./user
