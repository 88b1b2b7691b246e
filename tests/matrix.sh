#!/usr/bin/env bash
# tests/matrix.sh [ROW...]
#
# The long matrix: other compilers, standard libraries, levels of optimisation, systems, sanitizers and fuzzers than
# those of tests/run.sh. Runs all rows, or those that are named, and closes with a table; exits with non-zero status if
# one failed. A row whose tool cannot be had is skipped, which is not a pass.
#   tests/matrix.sh --list          the names of the rows, and what each does
#   tests/matrix.sh --table [ROW...]  the table once more, of the last run of each row
# What is missing is installed where there is apt-get. Everything is kept in build/matrix: ROW.log, ROW.result, and one
# folder for each build, so that a row that ran before builds only what has changed.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/cmake/need.sh"
out=$root/build/matrix
mkdir -p "$out"
cd "$out"
# shellcheck disable=SC2207
warnings=($(sed -n 's/^ *\(-Wall .*\))$/\1/p' "$root/cmake/warnings.cmake") -Werror)

# --- what rows are made of; each runs in a shell of its own ---

skip() {  # the row ends here
  echo "skipped: $*" > "$result.skipped"
  exit 0
}

require() {  # PACKAGE COMMAND...: installs PACKAGE unless COMMAND succeeds
  want "$@"
  install_missing
  wanted=()
  "${@:2}" > /dev/null 2>&1 || skip "no $1"
}

compiler() {  # COMMAND [PACKAGE]: the row's compiler, for the table too
  cxx=$1
  require "${2:-$1}" command -v "$cxx"
  "$cxx" --version | sed -n '1s/ ([^)]*)//g;1s/\(Debian \)*\(clang\) version/\2/;1p' > "$result.compiler"
}

count() { echo "$1 passed, $2 failed" | tee -a "$result.counts"; }

check() {  # COMMAND...: one test more
  if "$@"; then count 1 0; else echo "failed: $*" && count 0 1; fi
}

# Every header alone, and without a warning.
headers() {  # FLAG...
  seq "$jobs" | xargs -P "$jobs" -I '{}' bash "$root/tests/headers.sh" '{}' "$jobs" "$cxx" "${warnings[@]}" "$@" \
    > "$result.alone" || true  # a failure is in the count
  cat "$result.alone"
  count "$(awk -F '|' '/^.headers/ { n += $2 } END { print n + 0 }' "$result.alone")" \
    "$(awk -F '|' -v parts="$jobs" '/^.headers/ { n += $3; --parts } END { print n + parts }' "$result.alone")"
}

# The doctest programs of some rooms.
build_rooms() {  # BUILD "ROOM..." "FLAG..." [CMAKE ARGUMENT...]
  local build=$out/$1 names=$2 flags=$3 targets=() room
  shift 3
  cmake -S "$root" -B "$build" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="$flags" \
    -DMINIGRAD_WERROR=ON -DMINIGRAD_TEST_UNITY=ON -DMINIGRAD_BUILD_EXAMPLES=OFF -DMINIGRAD_BUILD_BENCH=OFF \
    -DCMAKE_CROSSCOMPILING_EMULATOR= "$@"
  for room in $names; do targets+=("minigrad_test_${room//\//_}"); done
  cmake --build "$build" --parallel "$jobs" --target "${targets[@]}" -- -k
}

# The same, run by ctest.
but=-
rooms() {  # BUILD "ROOM..." "FLAG..." [CMAKE ARGUMENT...]; without the test $but
  local build=$out/$1 names=$2 status=0
  build_rooms "$@" || status=$?
  ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout 1200 -j "$jobs" -L '^unit$' \
    -E "\.sh\$|^$but\$" -R "^(${names// /|})/[^/]*$" || status=$?
  count_tests "$status" < "$build/Testing/Temporary/LastTest.log"
}

count_tests() {  # STATUS: what ctest's log says
  awk -v status="$1" -f "$root/tests/count.awk" | tee -a "$result.counts" || true  # a failure is in the count
}

consumer() { check bash "$root/tests/consumer.sh" "$1" "$cxx" "$out/consumer/$row/$1" "${@:2}"; }

script() {  # NAME: a test that is a script, with this row's compiler
  check env ROOT="$root" SCRATCH="$out/scripts/$row/$1" CXX="$cxx" SANITIZE= bash "$root/tests/$1_test.sh"
}

# What every compiler is asked: all headers alone, behind hostile macros, two files, two shared libraries, and the tests
# of four rooms: core, data (which reads, where standard libraries differ), graph and train (which uses all others).
asked_of_every_compiler() {  # STANDARD [FLAG...]
  set -- "${1/23/2b}" "${@:2}"  # the name that all of them know
  consumer hostile_macros -std="$1" "${warnings[@]}" "${@:2}"
  consumer two_files -std="$1" -O0 -fno-inline "${warnings[@]}" "${@:2}"
  consumer shared_libraries -std="$1" -O0 "${warnings[@]}" "${@:2}"
  rooms "$row" "core data graph ops diff scalar train" "-O0 ${*:2}" -DCMAKE_CXX_STANDARD="$([ "$1" = c++20 ] && echo 20 || echo 23)"
  headers -std="$1" "${@:2}"
}

# Debian's packages, unpacked beside the build.
unpack() {  # FOLDER PACKAGE...
  local package
  mkdir -p "$1"
  (cd "$1" && apt-get -q -o APT::Sandbox::User=root download "${@:2}") || skip "no $2"
  for package in "$1"/*.deb; do dpkg -x "$package" "$1"; done
}

# The same with libc++ as clang 19 has it; installed, it would replace other versions.
with_libcxx() {  # STANDARD
  local libcxx=$out/libcxx-19/usr/lib/llvm-19
  if [ ! -f "$libcxx/lib/libc++.so" ]; then
    unpack "$out/libcxx-19" libc++-19-dev libc++1-19 libc++abi1-19 libc++abi-19-dev libunwind-19
  fi
  asked_of_every_compiler "$1" -stdlib=libc++ -nostdinc++ -isystem "$libcxx/include/c++/v1" -L"$libcxx/lib" \
    -Wl,-rpath,"$libcxx/lib" -Wno-unused-command-line-argument
}

# doctest alone, for builds that must not see this system's headers.
doctest_for_cross_builds() {
  require doctest-dev test -f /usr/include/doctest/doctest.h
  mkdir -p "$out/doctest/include"
  cp -r /usr/include/doctest "$out/doctest/include"
  cat > "$out/doctest/doctestConfig.cmake" <<'CMAKE'
add_library(doctest::doctest INTERFACE IMPORTED)
set_target_properties(doctest::doctest PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_LIST_DIR}/include)
CMAKE
}

# --- the rows ---
names=() texts=()
row() {  # NAME TEXT: the function NAME is a row
  names+=("$1")
  texts+=("$2")
}

row gcc12_cxx20 "g++ 12, C++20: headers alone, hostile macros, two files, two shared libraries, core, data, graph, train"
gcc12_cxx20() { compiler g++-12 && asked_of_every_compiler c++20; }
row gcc12_cxx23 "the same as C++23"
gcc12_cxx23() { compiler g++-12 && asked_of_every_compiler c++23; }
row clang14_cxx20 "the same by clang 14 with libstdc++"
clang14_cxx20() { compiler clang++-14 clang-14 && asked_of_every_compiler c++20; }
row clang14_cxx23 "... as C++23"
clang14_cxx23() { compiler clang++-14 clang-14 && asked_of_every_compiler c++23; }
row clang16_cxx20 "the same by clang 16 with libstdc++"
clang16_cxx20() { compiler clang++-16 clang-16 && asked_of_every_compiler c++20; }
row clang16_cxx23 "... as C++23"
clang16_cxx23() { compiler clang++-16 clang-16 && asked_of_every_compiler c++23; }
row clang19_cxx20 "the same by clang 19 with libstdc++"
clang19_cxx20() { compiler clang++-19 clang-19 && asked_of_every_compiler c++20; }
row clang19_cxx23 "... as C++23"
clang19_cxx23() { compiler clang++-19 clang-19 && asked_of_every_compiler c++23; }
row libcxx19_cxx20 "the same by clang 19 with libc++ 19"
libcxx19_cxx20() { compiler clang++-19 clang-19 && with_libcxx c++20; }
row libcxx19_cxx23 "... as C++23"
libcxx19_cxx23() { compiler clang++-19 clang-19 && with_libcxx c++23; }

# Each level of optimisation, where the loops and the vectors are; a training program stands for the rest.
level() {  # FLAG
  consumer training "$1" "${warnings[@]}"
  rooms "$row" tensor "$1"
}
row O0_gcc "g++ -O0: tensor, and a program that trains"
O0_gcc() { compiler g++-12 && level -O0; }
row O3_gcc "the same with -O3"
O3_gcc() { compiler g++-12 && level -O3; }
row O3_clang "clang 19 -O3: tensor, and a program that trains"
O3_clang() { compiler clang++-19 clang-19 && level -O3; }

# What -Ofast may not break; it allows itself other last digits, and takes NaN in a test's own code for a number.
fast() {
  consumer training -O3 -ffast-math "${warnings[@]}"  # clang 19 warns of the name -Ofast
  consumer two_files -O3 -ffast-math "${warnings[@]}"
  script core/simd_math_flags
  script core/mixed_flags
}
row Ofast_gcc "g++ -Ofast: the vector functions, kernels linked with those of other flags, a program that trains"
Ofast_gcc() { compiler g++-12 && fast; }
row Ofast_clang14 "the same by clang 14"
Ofast_clang14() { compiler clang++-14 clang-14 && fast; }
row Ofast_clang19 "the same by clang 19"
Ofast_clang19() { compiler clang++-19 clang-19 && fast; }

row no_rtti "g++ 12, clang 14, clang 19 -fno-rtti: a program that trains; hidden symbols in two shared libraries"
no_rtti() {
  for name in g++-12 clang++-14 clang++-19; do
    compiler "$name" "${name/++-/-}"
    consumer training -O1 -fno-rtti "${warnings[@]}"
    consumer shared_libraries -O0 -fvisibility=hidden "${warnings[@]}"
  done
  echo "g++ 12, clang 14, 19" > "$result.compiler"
}

row mingw "MinGW's g++ for Windows, run by wine: hostile macros after windows.h, core, tensor, data, train"
mingw() {
  compiler x86_64-w64-mingw32-g++-posix g++-mingw-w64-x86-64-posix
  require wine64 test -x /usr/lib/wine/wine64
  consumer hostile_macros "${warnings[@]}"
  doctest_for_cross_builds
  export WINEPREFIX=$out/wine WINEDEBUG=-all
  rooms mingw "core tensor data train" "-O1 -Wa,-mbig-obj -static" -DCMAKE_SYSTEM_NAME=Windows \
    -Ddoctest_DIR="$out/doctest" -DCMAKE_CROSSCOMPILING_EMULATOR=/usr/lib/wine/wine64
}

row emscripten "WebAssembly by emscripten, run by node: hostile macros, a program that trains, core, tensor"
emscripten() {
  require emscripten command -v em++
  require node-acorn test -d /usr/share/nodejs/acorn  # emscripten needs it from -O2 on
  compiler em++
  consumer hostile_macros "${warnings[@]}"
  doctest_for_cross_builds
  export NODE_PATH=/usr/share/nodejs
  # One file, or node's own fetch() is asked for the .wasm; as many threads as a test has, since none begins while the
  # first one waits.
  local link="-sSINGLE_FILE=1 -sALLOW_MEMORY_GROWTH=1 -sPTHREAD_POOL_SIZE=40 -sEXIT_RUNTIME=1 -sNODERAWFS=1"
  check em++ -std=c++20 -O2 -fexceptions "${warnings[@]}" -I"$root/include" "$root/tests/consumer/training.cpp" \
    -sSINGLE_FILE=1 -sALLOW_MEMORY_GROWTH=1 -o training.js
  check node --no-experimental-fetch training.js
  but=core/simd_math  # which needs better functions of long double than this C library's, which are those of double
  # The tests, unlike the headers, narrow 64 bits to its 32.
  rooms emscripten "core tensor" "-O1 -pthread -fexceptions -Wno-pthreads-mem-growth -Wno-error=shorten-64-to-32" \
    -DCMAKE_TOOLCHAIN_FILE=/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake \
    -DCMAKE_EXE_LINKER_FLAGS="$link" -Ddoctest_DIR="$out/doctest" -DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH \
    "-DCMAKE_CROSSCOMPILING_EMULATOR=node;--no-experimental-fetch"
}

with_avx512() {
  local tested="tensor graph ops diff scalar nn optim" room programs=() linux status=0
  "$cxx" -std=c++20 -static -I"$root/include" -x c++ - -o uses_avx512 <<'CPP'
#include <minigrad/core/cpu.hpp>
int main() { return minigrad::isa() == minigrad::Isa::avx512 ? 0 : 1; }
CPP
  if grep -qw avx512f /proc/cpuinfo; then
    export MINIGRAD_ISA=avx512
    check ./uses_avx512
    rooms "$row" "$tested" -O2
    return
  fi
  require bochs-term command -v bochs
  require xorriso command -v xorriso
  if [ ! -f emulated/debian/bin/busybox ]; then
    linux=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p')
    unpack "$out/emulated/debian" ${linux:+"$linux"} isolinux syslinux-common busybox-static
  fi
  build_rooms "$row" "$tested" -O2 -DCMAKE_EXE_LINKER_FLAGS=-static
  for room in $tested; do programs+=("$out/$row/tests/minigrad_test_${room//\//_}"); done
  bash "$root/tests/emulated.sh" emulated "$out/uses_avx512" "${programs[@]}" > emulated.log || status=$?
  cat emulated.log
  count_tests "$status" < emulated.log
}
row avx512 "AVX-512, emulated by bochs where the processor has none: tensor, graph and its ops, nn, optim; g++ 12"
avx512() { compiler g++-12 && with_avx512; }
row avx512_clang14 "the same by clang 14"
avx512_clang14() { compiler clang++-14 clang-14 && with_avx512; }

row sanitize "AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer over the tests of every room"
sanitize() {
  compiler g++-12
  local all
  all=$(cd "$root/tests" && find -- * -mindepth 1 -name '*_test.cpp' | sed 's|/[^/]*$||' | sort -u |
    grep -vE '^(openmp|blas)$' | tr '\n' ' ')
  rooms sanitize "${all% }" "-O1 -g1 -fno-omit-frame-pointer" \
    -DMINIGRAD_SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"
}

row thread_sanitizer "ThreadSanitizer over several threads that train"
thread_sanitizer() {
  local source=$root/tests/train/threads_test.cpp run=()
  compiler g++-12
  "$cxx" -std=c++20 -O1 -g -fsanitize=thread -pthread -I"$root/include" "$source" "$root/tests/main.cpp" \
    "$root/tests/support/count_allocations.cpp" -o threads
  if command -v setarch > /dev/null; then run=(setarch -R); fi  # it wants some addresses for itself
  check env TSAN_OPTIONS=halt_on_error=1 ${run[@]+"${run[@]}"} ./threads --no-intro --no-version
}

row valgrind "valgrind's memcheck over core, tensor, graph and its ops"
valgrind() {
  compiler g++-12
  require valgrind command -v valgrind
  # It computes long double in 64 bits, which these cases compare with 80; and it leaves the tests their operator new.
  local inexact="* have the values of *,functions of the standard library have its values,vector functions are*"
  inexact+=",lstsq computes in its own type,rank 0 is the number alone"
  cat > memcheck <<MEMCHECK
#!/bin/sh
exec valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \\
  --soname-synonyms=somalloc=nouserintercepts "\$@" "--test-case-exclude=$inexact"
MEMCHECK
  chmod +x memcheck
  rooms valgrind "core tensor graph ops diff scalar" "-O1 -g1" -DCMAKE_CROSSCOMPILING_EMULATOR="$out/memcheck"
}

row examples "every example by clang 14: what it prints"
examples() {
  local example name
  compiler clang++-14 clang-14
  require zlib1g-dev test -f /usr/include/zlib.h
  require dataset-fashion-mnist test -d /usr/share/datasets/fashion-mnist
  for example in "$root"/examples/*.cpp; do
    name=$(basename "$example" .cpp)
    check bash "$root/tests/golden.sh" "$example" "$cxx" "$out/examples/$name" "${warnings[@]}"
  done
}

row guests "ScalarVars in Eigen's matrices and in boost's solvers of differential equations; g++ 12, clang 14"
guests() {
  local names guest
  require libeigen3-dev test -d /usr/include/eigen3/Eigen
  require libboost-dev test -f /usr/include/boost/numeric/odeint.hpp
  for names in "clang++-14 clang-14" g++-12; do
    # shellcheck disable=SC2086
    compiler $names
    for guest in eigen odeint; do
      "$cxx" -std=c++20 -O1 "${warnings[@]}" -I"$root/include" -isystem /usr/include/eigen3 \
        "$root/tests/guests/$guest.cpp" "$root/tests/main.cpp" -o "$guest"
      check bash -c "'./$guest' --no-intro | tee /dev/stderr | grep -q 'test cases: *[1-9].* 0 failed'"
    done
  done
}

row random_programs "20,000 new random programs beside PyTorch, and 4,000 in float; the log says their seed"
random_programs() {
  compiler g++-12
  require python3-torch /usr/bin/python3 -c 'import torch'
  local seed kind sources=("$root/tests/programs/programs_test.cpp" "$root/tests/main.cpp")
  sources+=("$root/tests/support/count_allocations.cpp")
  seed=$(date +%s)
  "$cxx" -std=c++20 -O1 -I"$root/include" -I"$root/tests" "${sources[@]}" -o programs_double
  "$cxx" -std=c++20 -O1 -DMINIGRAD_PROGRAMS_FLOAT -I"$root/include" -I"$root/tests" "${sources[@]}" -o programs_float
  /usr/bin/python3 "$root/tests/programs/programs.py" 10000 "$seed" > programs_double_1.txt &
  /usr/bin/python3 "$root/tests/programs/programs.py" 10000 "$((seed + 1))" > programs_double_2.txt
  wait $!
  /usr/bin/python3 "$root/tests/programs/programs.py" 4000 "$seed" --float > programs_float_1.txt
  for kind in double_1 double_2 float_1; do
    head -n 1 "programs_$kind.txt"
    check env MINIGRAD_PROGRAMS="$PWD/programs_$kind.txt" "./programs_${kind%_*}" --no-intro --no-version
  done
}

row resume "every optimizer, schedule and layer with state, in float and double: stopped at 20 random steps and resumed"
resume() {
  compiler g++-12
  require doctest-dev test -f /usr/include/doctest/doctest.h
  "$cxx" -std=c++20 -O1 -I"$root/include" -I"$root/tests" "$root/tests/train/resume_every.cpp" "$root/tests/main.cpp" \
    "$root/tests/support/count_allocations.cpp" -o resume
  check ./resume --no-intro --no-version
}

row fuzz "libFuzzer, 60 s for each reader of tests/fuzz, under the sanitizers"
fuzz() {
  compiler clang++-14 clang-14
  require zlib1g-dev has_header zlib.h
  local source name options
  for source in "$root"/tests/fuzz/*_fuzz.cpp; do
    name=$(basename "$source" _fuzz.cpp)
    mkdir -p "fuzz/$name"
    "$cxx" -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I"$root/include" "$source" \
      -lz -o "${name}_fuzz"
    options=(-max_total_time=60 -print_final_stats=1 "-artifact_prefix=$out/fuzz/$name-")
    if [ -f "$root/tests/fuzz/$name.dict" ]; then options+=("-dict=$root/tests/fuzz/$name.dict"); fi
    options+=("fuzz/$name")
    if [ -d "$root/tests/fuzz/seeds/$name" ]; then options+=("$root/tests/fuzz/seeds/$name"); fi
    check "./${name}_fuzz" "${options[@]}"
  done
}

row csv_oracle "3,000 random CSV files and 20,000 number texts, beside Python's csv module and float"
csv_oracle() {
  compiler g++-12
  require python3 command -v python3
  require doctest-dev test -f /usr/include/doctest/doctest.h
  "$cxx" -std=c++20 -O1 -I"$root/include" -I"$root/tests" "$root/tests/data/csv_oracle_test.cpp" "$root/tests/main.cpp" \
    "$root/tests/support/count_allocations.cpp" -o csv_oracle
  local seed=$RANDOM
  echo "seed $seed"
  python3 "$root/tests/data/csv_oracle.py" "$seed" 3000 20000 > csv_oracle.txt
  check env MINIGRAD_CSV_ORACLE="$out/csv_oracle.txt" ./csv_oracle --no-intro --no-version
}

row pytorch "PyTorch: models come from it, are trained on here, and go back, by safetensors files"
pytorch() {
  compiler g++-12
  require python3-torch /usr/bin/python3 -c 'import torch'
  check bash "$root/tests/io/pytorch.sh" "$cxx" "$out/pytorch"
}

row onnx "ONNX: exported models in onnx.checker and ONNX Runtime, models of PyTorch in load_onnx"
onnx() {
  compiler g++-12
  require python3-onnx /usr/bin/python3 -c 'import onnx'
  check bash "$root/tests/io/onnx.sh" "$cxx" "$out/onnx"
}

row images "examples/16_images on all of Fashion-MNIST, by AVX2: at least 91 % of the test pictures"
images() {
  compiler g++-12
  require dataset-fashion-mnist test -d /usr/share/datasets/fashion-mnist
  require zlib1g-dev has_header zlib.h
  mkdir -p "$out/images" && cd "$out/images"
  "$cxx" -std=c++20 -O2 -I"$root/include" "$root/examples/16_images.cpp" -o 16_images -lz
  MINIGRAD_ISA=avx2 ./16_images | tee printed.txt
  check awk '/test pictures are recognized/ { right = $1 } END { exit !(right >= 91) }' printed.txt
}

row opencv "OpenCV: exported models in its dnn module"
opencv() {
  compiler g++-12
  require python3-opencv /usr/bin/python3 -c 'import cv2'
  check bash "$root/tests/io/opencv.sh" "$cxx" "$out/opencv"
}

row mpi "training on 1, 2 and 4 ranks by MPI: equal to one process, failing, going on"
mpi() {
  compiler g++-12
  require libopenmpi-dev command -v mpicxx
  require openmpi-bin command -v mpirun
  check env ROOT="$root" SCRATCH="$out/mpi" CXX="$cxx" bash "$root/tests/distributed/mpi_test.sh"
}

row playground "the playground in Chromium: every control, the exported program, sizes and speed"
playground() {
  compiler g++-12
  require emscripten command -v em++
  require node-acorn test -d /usr/share/nodejs/acorn
  require chromium command -v chromium
  require npm command -v npm
  check bash "$root/tests/playground.sh" "$cxx" "$out/playground"
}

row site "the book as a site in two languages: every link, every public name documented, pages and search in Chromium"
site() {
  compiler g++-12
  require chromium command -v chromium
  require npm command -v npm
  check bash "$root/tests/site.sh" "$out/site"
}

# --- running them ---
run() {  # ROW
  row=$1 result=$out/$1
  local begin=$SECONDS status=0 passed failed
  rm -f "$result".{skipped,compiler,result}
  : > "$result.counts"
  echo "--- $row"
  "$row" > "$result.log" 2>&1 < /dev/null &  # in the background, since after it `||` would switch `set -e` off
  wait $! || status=$?
  passed=$(awk '{ n += $1 } END { print n + 0 }' "$result.counts")
  failed=$(awk '{ n += $3 } END { print n + 0 }' "$result.counts")
  if [ ! -f "$result.skipped" ] && [ $((status + passed)) = 0 ]; then status=1; fi
  if [ $status != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
  printf '%s|%s|%s|%s|%s\n' "$row" "$(cat "$result.compiler" 2> /dev/null || echo -)" \
    "$(cat "$result.skipped" 2> /dev/null || echo "$passed")" "$failed" $((SECONDS - begin)) > "$result.result"
  if [ "$failed" != 0 ]; then tail -n 40 "$result.log"; fi
}

table() {  # ROW...
  printf '\n%-18s %-36s %7s %7s %8s\n' row compiler passed failed seconds
  local line name
  for name in "$@"; do
    line="$name|-|not run|1|0"
    if [ -f "$out/$name.result" ]; then line=$(cat "$out/$name.result"); fi
    IFS='|' read -r name compiler passed failed seconds <<< "$line"
    if [[ $passed == skipped:* ]]; then
      printf '%-18s %s\n' "$name" "$passed"
    else
      printf '%-18s %-36s %7s %7s %8s\n' "$name" "$compiler" "$passed" "$failed" "$seconds"
    fi
    if [ "$failed" != 0 ]; then red=1; fi
  done
}

{  # read to its end before it runs, so that the file may be edited meanwhile
  only_table=
  case ${1:-} in
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$root/tests/matrix.sh" && exit ;;
    --list) for i in "${!names[@]}"; do printf '%-18s %s\n' "${names[i]}" "${texts[i]}"; done && exit ;;
    --table) only_table=yes && shift ;;
  esac
  chosen=("$@")
  if [ $# = 0 ]; then chosen=("${names[@]}"); fi
  for name in "${chosen[@]}"; do
    if [[ " ${names[*]} " != *" $name "* ]]; then echo "no row $name; --list names them" >&2 && exit 2; fi
  done
  if [ -z "$only_table" ]; then
    for name in "${chosen[@]}"; do run "$name"; done
  fi
  red=0
  table "${chosen[@]}"
  exit $red
}
