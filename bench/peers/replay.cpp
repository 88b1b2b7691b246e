// bench/peers/replay.cpp - minigrad, its training step recorded once and run again for each batch. Where capture() is
// missing the program fails.
#if __has_include(<minigrad/graph/capture.hpp>)
#include <minigrad/graph/capture.hpp>

#include "minigrad.hpp"

namespace {

using namespace peers;

auto record(const minigrad::Sequential<float>& model, const MinigradNet::Values& x, const MinigradNet::Values& y) {
  return minigrad::capture([&model](auto in, auto target) { return minigrad::mse_loss(model(in), target); }, x, y);
}

class Replay : public MinigradNet {
 public:
  explicit Replay(const Workload& w) : MinigradNet(w), step_(record(model_, x_[0], y_[0])) {}

  void update(std::size_t k) {
    if (adam_)
      update(*adam_, k);
    else
      update(*sgd_, k);
  }

 private:
  template <class Optimizer>
  void update(Optimizer& optimizer, std::size_t k) {
    optimizer.zero_grad();
    step_(x_[k], y_[k]);
    step_.backward();
    optimizer.step();
  }
  decltype(record(model_, x_[0], y_[0])) step_;
};

}  // namespace

int main(int count, char** values) {
  run_networks<Replay>(Arguments(count, values), [](const Workload& w) { return w.loss == Loss::mse; });
}
#else
int main() { return 1; }
#endif
