# README
minigrad/cmake/single_header.sh > minigrad_single.hpp
g++ -std=c++20 -O2 main.cpp -o app
# end
