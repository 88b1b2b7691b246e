// One message says that C++20 is needed.
// flags: -std=c++17
#include <minigrad/minigrad.hpp>  // error: minigrad needs C\+\+20: compile with -std=c\+\+20

int main() { return 0; }
