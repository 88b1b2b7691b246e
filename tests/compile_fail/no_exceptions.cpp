// One message says that exceptions are needed.
// flags: -fno-exceptions
#include <minigrad/core/shape.hpp>  // error: minigrad needs exceptions: compile with -fexceptions

int main() { return 0; }
