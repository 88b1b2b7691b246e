#!/usr/bin/env bash
# consumer.sh KIND COMPILER SCRATCH [BUILD_DIR or FLAG...]
#
# Builds and runs a user's project from nothing. Of these KINDs, ways to get minigrad, README shows the lines, and this
# script compares them with those of the project: plain, single_header, add_subdirectory, fetch_content, meson, and, from
# a fresh install of BUILD_DIR, find_package and pkg_config. By -I, with FLAGs:
#   training           one file that trains
#   two_files          two files that both include everything
#   two_versions       two libraries, each with a version of minigrad of its own
#   shared_libraries   two shared libraries with everything, which hand tensors and graphs to each other
#   hostile_macros     every header, after macros with common names; compiled only
set -euo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$tests")
kind=$1 compiler=$2 scratch=$3
shift 3
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"

include() { sed 's/.*/#include <&>/'; }
compile() { "$compiler" -std=c++20 "${flags[@]}" -I"$root/include" "$@"; }  # FLAGs may name another standard

# What a user gets: the files of the library, here without tests, examples and benchmarks.
copy_minigrad() {
  mkdir -p "$1"
  cp -R "$root/include" "$root/cmake" "$root/CMakeLists.txt" "$root/LICENSE" "$1"
}

# The user's project of this KIND, in the current folder: main.cpp and a file whose lines between the two marks stand in
# README as they are.
copy_project() {
  cp "$tests/consumer/main.cpp" "$tests/consumer/$kind"/* "$tests/consumer/checks.cmake" .
  local lines
  lines=$(sed -n '/^# README$/,/^# end$/{//!p}' "$1")
  if [ -z "$lines" ] || [[ "$(cat "$root/README.md")" != *$'\n'"$lines"$'\n'* ]]; then
    echo "README.md does not have these lines of tests/consumer/$kind/$1:" >&2
    echo "$lines" >&2
    exit 1
  fi
}
run_cmake() {
  cmake -S . -B build -DCMAKE_CXX_COMPILER="$compiler" "$@"
  cmake --build build
  ./build/app
}
# Runs build.sh, whose compiler is g++ and optimizes, as COMPILER and without: what is tried here is where the files are.
run_commands() {
  sed -e "s|g++ |$compiler |" -e 's| -O2 | |' build.sh | bash -euo pipefail
  ./app
}
install() {
  cmake --install "$1" --prefix "$scratch/first" > install.log
  mv "$scratch/first" "$scratch/prefix"  # an installed tree may move
}

flags=("$@")
case $kind in
  plain | single_header)
    copy_project build.sh
    copy_minigrad minigrad
    if [ "$kind" = single_header ]; then sed -i 's|<minigrad/minigrad.hpp>|"minigrad_single.hpp"|' main.cpp; fi
    run_commands
    ;;
  pkg_config)
    copy_project build.sh
    install "$1"
    PKG_CONFIG_PATH=$scratch/prefix/share/pkgconfig run_commands
    ;;
  add_subdirectory)
    copy_project CMakeLists.txt
    copy_minigrad minigrad
    run_cmake
    ;;
  fetch_content)
    copy_project CMakeLists.txt
    copy_minigrad repository
    (
      cd repository
      git init -q
      git add .
      git -c user.name=test -c user.email=test@example.org commit -q -m all
      git tag "$(sed -n 's/.*GIT_TAG \(.*\))/\1/p' ../CMakeLists.txt)"
    )
    # git reads the address that README gives from this folder.
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_VALUE_0=https://example.org/minigrad.git
    export GIT_CONFIG_KEY_0=url.file://$scratch/repository.insteadOf
    run_cmake
    ;;
  find_package)
    copy_project CMakeLists.txt
    install "$1"
    run_cmake -DCMAKE_PREFIX_PATH="$scratch/prefix"
    ;;
  meson)
    copy_project meson.build
    copy_minigrad subprojects/minigrad
    CXX=$compiler meson setup build
    meson compile -C build
    ./build/app
    ;;
  training)
    compile "$tests/consumer/training.cpp" -o user
    ./user
    ;;
  two_files)
    compile "$tests/consumer/two_files/main.cpp" "$tests/consumer/two_files/other.cpp" -o user
    ./user
    ;;
  two_versions)
    cp -R "$root/include" other
    sed -i 's/MINIGRAD_ABI v/MINIGRAD_ABI other_v/; s/\(MINIGRAD_VERSION "\)/\1other /' other/minigrad/core/version.hpp
    sed -i 's/return (p - t) \* (p - t);/return 10 * (p - t) * (p - t);/' other/minigrad/nn/losses.hpp
    compile -c -DNAME=first "$tests/consumer/two_versions/library.cpp" -o first.o
    "$compiler" -std=c++20 "${flags[@]}" -Iother -c -DNAME=second "$tests/consumer/two_versions/library.cpp" -o second.o
    compile "$tests/consumer/two_versions/main.cpp" first.o second.o -o user
    ./user
    ;;
  shared_libraries)
    for name in first second; do
      compile -fPIC -shared "$tests/consumer/shared_libraries/$name.cpp" -o lib$name.so
    done
    compile "$tests/consumer/shared_libraries/main.cpp" -L. -lfirst -lsecond -Wl,-rpath,"$scratch" -o user
    ./user
    ;;
  hostile_macros)
    cd "$root/include"
    {
      find minigrad -name '*.hpp' ! -name eigen.hpp ! -path '*/distributed/*' -exec sed -n 's/^# *include <\([a-z_/.]*\)>.*/\1/p' {} + | sort -u |
        sed 's/.*/#if __has_include(<&>)\n#include <&>\n#endif/'
      cat "$tests/consumer/hostile_macros.hpp"
      find minigrad -name '*.hpp' ! -name eigen.hpp ! -path '*/distributed/*' | sort | include
    } > "$scratch/user.cpp"
    compile -fsyntax-only "$scratch/user.cpp"
    ;;
  *)
    echo "consumer.sh: there is no KIND $kind" >&2
    exit 1
    ;;
esac
