# README
g++ -std=c++20 -O2 -Iminigrad/include main.cpp -o app
# end
