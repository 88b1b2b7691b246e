// A program of two libraries, each compiled with a minigrad of its own: the version that it was released with.
#include <cstdio>
#include <cstring>

const char* first_version();
const char* second_version();
float first_loss();
float second_loss();

int main() {
  std::printf("%s %g, %s %g\n", first_version(), first_loss(), second_version(), second_loss());
  // The second version's mse_loss is ten times the first's, by which a program sees whose code runs.
  return std::strcmp(first_version(), second_version()) != 0 && first_loss() == 4 && second_loss() == 40 ? 0 : 1;
}
