#!/usr/bin/env bash
# docs/playground/run.sh [--build | --serve]
#
# Builds the playground in build/playground: the headers of this checkout compiled to WebAssembly by emscripten, and the
# page. It then serves the page at http://localhost:8001 and opens it; --serve serves alone, --build neither. Installs
# what is missing where there is apt-get. Prints the sizes, also compressed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/cmake/need.sh"
out=$root/build/playground
need emscripten command -v em++
need node-acorn test -d /usr/share/nodejs/acorn  # emscripten needs it from -O2 on
need python3 command -v python3
install_missing

mkdir -p "$out/include"
{
  printf 'inline constexpr char lectures_csv[] = R"lecture('
  cat "$root/examples/data/lectures.csv"
  printf ')lecture";\n'
} > "$out/include/lectures.inc"
# Exceptions of WebAssembly itself, which browsers have had since 2022: by -fexceptions every call that might throw would go
# through JavaScript, at half the speed.
NODE_PATH=/usr/share/nodejs em++ -std=c++20 -O3 -msimd128 -fwasm-exceptions -Wall -Wextra -I"$root/include" -I"$out/include" \
  "$here/playground.cpp" -o "$out/playground.js" \
  -sMODULARIZE=1 -sEXPORT_ES6=1 -sENVIRONMENT=web -sALLOW_MEMORY_GROWTH=1 -sFILESYSTEM=0 \
  -sEXPORTED_RUNTIME_METHODS=ccall,cwrap,HEAPF32 --closure=0
cp "$here"/*.html "$here"/*.css "$here"/*.js "$out"

total=0
for file in "$out"/*.{html,css,js,wasm}; do
  size=$(gzip -9 -c "$file" | wc -c)
  total=$((total + size))
  printf '%-16s %8d bytes, %7d compressed\n' "$(basename "$file")" "$(wc -c < "$file")" "$size"
done
echo "$total bytes compressed in all"
[ $total -le 300000 ] || { echo "that is more than 300,000" >&2 && exit 1; }

case ${1:-} in
  --build) exit ;;
  --serve) ;;
  *) (sleep 1 && (xdg-open http://localhost:8001 || open http://localhost:8001) > /dev/null 2>&1) & ;;
esac
cd "$out"
exec python3 -m http.server 8001
