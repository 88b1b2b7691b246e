#!/usr/bin/env bash
# The program that the playground exports compiles without warnings, and prints the losses of the training that it comes
# from. The browser itself is tried by tests/matrix.sh playground.
set -euo pipefail
rm -rf "$SCRATCH"
mkdir -p "$SCRATCH"
cd "$SCRATCH"
cat > export.cpp << 'END'
#include <cstdio>
#include "classify.hpp"
int main() {
  classify::Training training({.data = 3, .classes = 3, .noise = 0.1, .features = 15, .penalty = 2, .penalty_rate = 0.001});
  for (int epoch = 0; epoch < 3; ++epoch) {
    if (epoch == 2) training.lr(0.1);  // a rate that somebody chose in the midst of training
    training.epoch();
  }
  std::printf("%s", training.program().c_str());
  std::fprintf(stderr, "%s\n", training.status().c_str());
}
END
compile() { "$CXX" -std=c++20 -O0 -Wall -Wextra -Wpedantic -Werror ${SANITIZE:-} -I"$ROOT/include" -I"$ROOT/docs/playground" "$@"; }
export MINIGRAD_ISA=portable
compile export.cpp -o export
./export > trained.cpp 2> status
compile trained.cpp -o trained
./trained > printed
awk -F'[:,]' '{ printf "training loss %.4f, test loss %.4f\n", $4, $6 }' status > expected
diff expected printed
