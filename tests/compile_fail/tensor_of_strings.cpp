// A Tensor holds numbers, which can be copied as bytes.
#include <minigrad/tensor/tensor.hpp>
#include <string>

int main() {
  minigrad::Tensor<float> numbers;
  minigrad::Tensor<std::string> words;  // error: a Tensor holds numbers: its element type must be trivially copyable
  return numbers.size() == 0 ? 0 : 1;
}
