// bench/peers/minidnn.cpp - MiniDNN (Eigen inside), by its public interface: Network::fit() on batches in our order.
//
// fit() makes whole passes over the data, so that updates are counted in those. It divides gradients by the number of
// samples and takes half of the squared error, hence the learning rate. Its Adam raises the powers of beta once for
// each array in place of once for each update, so that another loss comes out at W3: the same as by hand on Eigen with
// powers raised so.
#define MDNN_SCALAR float
#include <MiniDNN.h>

#include "workloads.hpp"

namespace {

using namespace peers;
using Matrix = Eigen::MatrixXf;

/// The largest number below 1: a shuffle that draws it leaves the order as it is.
struct InOrder final : MiniDNN::RNG {
  InOrder() : RNG(1) {}
  float rand() override { return 0x1.fffffep-1f; }
};

/// Samples are columns.
Matrix columns(const std::vector<float>& data, std::size_t rows) {
  return Eigen::Map<const Matrix>(data.data(), Eigen::Index(rows), Eigen::Index(data.size() / rows));
}

/// Trains from the first weights. The loss is that of all samples.
class Net {
 public:
  explicit Net(const Workload& w)
      : w_(w), x_(columns(w.x, w.inputs())), y_(columns(w.y, w.outputs())), net_(in_order_) {
    std::vector<std::vector<float>> parameters;
    for (std::size_t l = 0; l < w.layers(); ++l) {
      const int in = int(w.sizes[l]), out = int(w.sizes[l + 1]);
      if (l + 1 < w.layers())
        net_.add_layer(new MiniDNN::FullyConnected<MiniDNN::ReLU>(in, out));
      else
        net_.add_layer(new MiniDNN::FullyConnected<MiniDNN::Identity>(in, out));
      parameters.push_back(w.weights[l]);
      parameters[l].insert(parameters[l].end(), w.biases[l].begin(), w.biases[l].end());
    }
    net_.set_output(new MiniDNN::RegressionMSE());
    net_.init();
    net_.set_parameters(parameters);
  }
  void train(std::size_t updates) {
    MiniDNN::SGD sgd(w_.lr * 2 / float(w_.outputs()));
    MiniDNN::Adam adam(w_.lr, 0.5e-8f * float(w_.outputs()));
    MiniDNN::Optimizer& optimizer = w_.rule == Rule::adam ? static_cast<MiniDNN::Optimizer&>(adam) : sgd;
    net_.fit(optimizer, x_, y_, int(w_.batch), int(updates / w_.batches()));
  }
  double loss() { return double{(net_.predict(x_) - y_).array().square().mean()}; }

 private:
  const Workload& w_;
  InOrder in_order_;
  Matrix x_, y_;
  MiniDNN::Network net_;
};

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  bool found = false;
  for (Workload& w : workloads()) {
    if (w.loss != Loss::mse || !arguments.wants(arguments.updates ? w.name : "train-" + w.name)) continue;
    found = true;
    fill(w);
    Net net(w);
    net.train(arguments.updates ? arguments.updates : w.updates);
    if (arguments.updates) continue;
    report("train-" + w.name, double(w.updates), "updates", net.loss(),
           w.rule == Rule::adam ? 0.00298628 : w.expected_loss);
  }
  return found ? 0 : 1;
}
