# README
g++ -std=c++20 -O2 $(pkg-config --cflags minigrad) main.cpp -o app
# end
