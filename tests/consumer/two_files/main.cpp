// Two files that both include everything must link to one program: see other.cpp.
#include <minigrad/minigrad.hpp>

minigrad::Shape other(const minigrad::Shape& shape);

int main() { return other(minigrad::Shape{2, 3}) == minigrad::Shape{2, 3} ? 0 : 1; }
