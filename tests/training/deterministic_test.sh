# A training run with one seed is the same to the bit, whether GCC or clang compiled it, with the portable kernels and
# without contraction of a * b + c.
set -euo pipefail
rm -rf "$SCRATCH"
mkdir -p "$SCRATCH"
cd "$SCRATCH"
programs=()
build() {  # NAME COMPILER FLAG...
  local name=$1 compiler=$2
  shift 2
  command -v "$compiler" > /dev/null || { echo "without $compiler"; return; }
  "$compiler" -std=c++20 -ffp-contract=off "$@" -I"$ROOT/include" "$ROOT/tests/training/deterministic.cpp" -o "$name"
  programs+=("$name")
}
build g++-O2 g++ -O2
build clang++-O2 clang++ -O2
same=0
for program in "${programs[@]}"; do
  MINIGRAD_ISA=portable ./"$program" > "$program.txt"
  if cmp "${programs[0]}.txt" "$program.txt"; then same=$((same + 1)); else echo "$program differs"; fi
done
MINIGRAD_ISA=portable ./"${programs[0]}" | cmp - "${programs[0]}.txt"  # and in another run of the program
echo "of ${#programs[@]} programs $same print the same $(wc -l < "${programs[0]}.txt") numbers: ${programs[*]}"
[ $same -eq ${#programs[@]} ]
if grep -q avx2 /proc/cpuinfo 2> /dev/null; then
  echo "what avx2 changes, relative to the largest number of each kind:"
  MINIGRAD_ISA=avx2 ./"${programs[0]}" "${programs[0]}.txt"
fi
