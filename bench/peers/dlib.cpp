// bench/peers/dlib.cpp - dlib's networks, driven batch by batch: its trainer would add a thread that only waits. A
// network is a type, so each workload has its own. dlib's squared loss adds over outputs and its gradient lacks the 2,
// so that lr makes up for both; products are the BLAS's that dlib is linked with, whose threads the environment sets.
#include <dlib/dnn.h>

#include "workloads.hpp"

namespace {

using namespace peers;
using dlib::fc, dlib::relu;
using Input = dlib::input<dlib::matrix<float>>;

template <class Network, class Solver>
class Net {
 public:
  explicit Net(const Workload& w) : w_(w) {
    for (std::size_t k = 0; k < w.batches(); ++k) {
      x_.emplace_back(long(w.batch), long(w.inputs()));
      std::copy_n(w.x_of(k), w.batch * w.inputs(), x_.back().host());
      std::vector<Label> labels(w.batch);
      for (std::size_t i = 0; i < w.batch; ++i)
        if constexpr (classes)
          labels[i] = static_cast<Label>(w.labels_of(k)[i]);
        else
          labels[i] = dlib::mat(w.y_of(k) + i * w.outputs(), long(w.outputs()), 1);
      labels_.push_back(labels);
    }
    const dlib::matrix<float> sample = dlib::zeros_matrix<float>(long(w.inputs()), 1);
    dlib::resizable_tensor as_tensor;
    net_.to_tensor(&sample, &sample + 1, as_tensor);  // or forward() refuses to work
    predict(0);                                       // allocates the parameters
    std::size_t l = w.layers();
    dlib::visit_layer_parameters(net_,
                                 [&](dlib::tensor& parameters) {  // from the last: weights as [in, out], then bias
                                   if (parameters.size() == 0) return;
                                   const std::size_t in = w.sizes[--l], out = w.sizes[l + 1];
                                   float* p = parameters.host_write_only();
                                   for (std::size_t i = 0; i < in; ++i)
                                     for (std::size_t j = 0; j < out; ++j) *p++ = w.weights[l][j * in + i];
                                   std::copy_n(w.biases[l].data(), out, p);
                                 });
    if constexpr (classes)
      lr_ = w.lr;
    else
      lr_ = w.rule == Rule::adam ? w.lr : 2 * w.lr / float(w.outputs());
    const Solver solver = [&] {
      if constexpr (std::is_same_v<Solver, dlib::adam>)
        return Solver(0, 0.9f, 0.999f);
      else
        return Solver(0, w.rule == Rule::sgd ? 0 : 0.9f);
    }();
    solvers_.assign(Network::num_computational_layers, solver);
  }

  void update(std::size_t k) {
    net_.compute_parameter_gradients(x_[k], labels_[k].begin());
    net_.update_parameters(solvers_, lr_);
  }
  double loss(std::size_t k) {
    const double loss = net_.compute_loss(x_[k], labels_[k].begin());
    return classes ? loss : loss / double(w_.outputs());
  }
  const float* predict(std::size_t k) { return net_.subnet().forward(x_[k]).host(); }

 private:
  using Label = typename Network::training_label_type;
  static constexpr bool classes = std::is_same_v<Label, unsigned long>;
  const Workload& w_;
  Network net_;
  double lr_;
  std::vector<Solver> solvers_;
  std::vector<dlib::resizable_tensor> x_;
  std::vector<std::vector<Label>> labels_;
};

template <class Outputs>
using Squares = dlib::loss_mean_squared_multioutput<Outputs>;

}  // namespace

int main(int count, char** values) {
  const Arguments arguments(count, values);
  std::vector<Workload> all = workloads();
  using Small = Squares<fc<1, relu<fc<64, relu<fc<64, Input>>>>>>;
  run_network<Net<Squares<fc<1, Input>>, dlib::sgd>>(all[0], arguments);
  run_network<Net<Squares<fc<1, relu<fc<100, Input>>>>, dlib::sgd>>(all[1], arguments);
  run_network<Net<Small, dlib::adam>>(all[2], arguments);
  run_network<Net<Small, dlib::sgd>>(all[3], arguments);
  run_network<Net<dlib::loss_multiclass_log<fc<10, relu<fc<128, relu<fc<256, Input>>>>>>, dlib::sgd>>(all[4],
                                                                                                      arguments);
  run_network<Net<Squares<fc<1024, relu<fc<4096, relu<fc<4096, Input>>>>>>, dlib::sgd>>(all[5], arguments);
}
