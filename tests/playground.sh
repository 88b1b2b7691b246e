#!/usr/bin/env bash
# playground.sh COMPILER SCRATCH
#
# Builds the playground, uses every control of it in Chromium by Playwright, compiles programs that it exports and compares
# the losses, and prints its speed beside that of a native program with portable kernels. Needs emscripten,
# chromium, npm. Pictures of the page are in SCRATCH/pictures.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tests/serve.sh"
compiler=$1 scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch/pictures"
bash "$root/docs/playground/run.sh" --build
cd "$scratch"
npm install --silent --no-audit --no-fund playwright-core@1.60
cp "$root/tests/playground/browser.mjs" .
serve "$root/build/playground"
status=0
node browser.mjs "$url" "$scratch" "$scratch/pictures" | tee browser.log || status=1

for program in trained_*.cpp; do
  name=${program%.cpp}
  "$compiler" -std=c++20 -O1 -Wall -Wextra -Wpedantic -Werror -I"$root/include" "$program" -o "$name"
  MINIGRAD_ISA=portable "./$name" > "$name.printed"
  if diff "$name.page" "$name.printed"; then
    echo "$name prints the losses of the page: $(cat "$name.printed")"
  else
    echo "$name: the page (<) shows other losses than the exported program (>) prints"
    status=1
  fi
done
"$compiler" -std=c++20 -O2 -I"$root/include" -I"$root/build/playground/include" "$root/docs/playground/playground.cpp" -o native
for k in 1 2 3; do MINIGRAD_ISA=portable ./native | tail -n 1; done
exit $status
