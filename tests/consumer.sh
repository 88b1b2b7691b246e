#!/usr/bin/env bash
# consumer.sh KIND COMPILER SCRATCH [BUILD_DIR or FLAG...]
#
# Builds and runs a user's project from nothing. KIND is how it gets minigrad: add_subdirectory, fetch_content,
# find_package and pkg_config (both from a fresh install of BUILD_DIR), or by -I, with FLAGs:
#   training           one file that trains
#   two_files          two files that both include everything
#   shared_libraries   two shared libraries that do, and hand tensors and graphs to each other
#   hostile_macros     every header, after macros with common names; compiled only
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

include() { sed 's/.*/#include <&>/'; }
compile() { "$compiler" -std=c++20 "${flags[@]}" -I"$root/include" "$@"; }  # FLAGs may name another standard

flags=("$@")
case $kind in
  training)
    compile "$tests/consumer/training.cpp" -o user
    ;;
  two_files)
    compile "$tests/consumer/two_files/main.cpp" "$tests/consumer/two_files/other.cpp" -o user
    ;;
  shared_libraries)
    for name in first second; do
      compile -fPIC -shared "$tests/consumer/shared_libraries/$name.cpp" -o lib$name.so
    done
    compile "$tests/consumer/shared_libraries/main.cpp" -L. -lfirst -lsecond -Wl,-rpath,"$scratch" -o user
    ;;
  hostile_macros)
    cd "$root/include"
    {
      find minigrad -name '*.hpp' ! -name eigen.hpp -exec sed -n 's/^# *include <\([a-z_/.]*\)>.*/\1/p' {} + | sort -u |
        sed 's/.*/#if __has_include(<&>)\n#include <&>\n#endif/'
      cat "$tests/consumer/hostile_macros.hpp"
      find minigrad -name '*.hpp' ! -name eigen.hpp | sort | include
    } > "$scratch/user.cpp"
    compile -fsyntax-only "$scratch/user.cpp"
    exit
    ;;
  pkg_config)
    found=$(PKG_CONFIG_PATH=$scratch/prefix/share/pkgconfig pkg-config --cflags --libs 'minigrad >= 0.2')
    eval "\"$compiler\" -std=c++20 $found \"$tests/consumer/user.cpp\" -o user"
    ;;
  *)
    cmake -S "$tests/consumer/$kind" -B . -DCMAKE_CXX_COMPILER="$compiler" -DMINIGRAD="$root" \
      -DCMAKE_PREFIX_PATH="$scratch/prefix"
    cmake --build .
    ;;
esac
./user
