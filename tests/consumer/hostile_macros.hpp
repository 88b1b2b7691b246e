// The macros that other people's headers define: Windows, C's <complex.h> and <math.h>, BSD, macOS, embedded boards.
// They come after the standard headers, which have to be spared as well, and before minigrad's.
#if defined(_WIN32)
#include <windows.h>
#endif
#undef min
#undef max
#undef near
#undef far
#undef small
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#undef assert
#define assert(condition) (no assert, please)
#define check(condition) (no check, please)
#define near
#define far
#define small char
#undef I
#define I (1.0fi)
#define E (2.718)
#undef OVERFLOW
#define OVERFLOW 3
