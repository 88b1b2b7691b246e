#!/usr/bin/env bash
# onnx.sh COMPILER SCRATCH
#
# Models that minigrad exports pass the checker of the onnx package of Python, and give the same outputs in ONNX Runtime:
# to 1e-5 relative plus 1e-6, for other batch sizes too. What is not installed is skipped. ONNX Runtime for Node.js comes
# with its library for Linux on x64:
#
#   npm install --ignore-scripts onnxruntime-node && export ONNXRUNTIME_NODE=$PWD/node_modules/onnxruntime-node
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
compiler=$1 scratch=$2
python=/usr/bin/python3
[ -x "$python" ] || python=python3
mkdir -p "$scratch"
cd "$scratch"
"$compiler" -std=c++20 -O0 -I"$root/include" "$root/tests/io/onnx.cpp" -o onnx
./onnx > names
mapfile -t names < names
[ ${#names[@]} -gt 10 ]

if "$python" -c 'import onnx' 2> /dev/null; then
  "$python" - "${names[@]}" << 'PYTHON'
import sys

import onnx

for name in sys.argv[1:]:
    model = onnx.load(name + ".onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [opset.version for opset in model.opset_import] == [17] and model.ir_version == 8, name
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch", name
print(f"onnx.checker: {len(sys.argv) - 1} models passed")
PYTHON
else
  echo "skipped: no onnx for Python"
fi

if node -e "require(process.env.ONNXRUNTIME_NODE || 'onnxruntime-node')" 2> /dev/null; then
  node "$root/tests/io/onnx.js" . "${names[@]}"
else
  echo "skipped: no onnxruntime-node"
fi

if "$python" -c 'import torch' 2> /dev/null; then
  "$python" - << 'PYTHON'
import numpy as np
import torch
from torch import nn


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right, self.out = nn.Linear(6, 5), nn.Linear(6, 5, bias=False), nn.Linear(10, 2)

    def forward(self, x):
        joined = torch.cat([torch.sigmoid(self.left(x)), torch.clamp(self.right(x), -0.5, 0.5)], dim=1)
        return torch.where(joined.mean(1, keepdim=True) > 0.4, self.out(joined), -self.out(joined))


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 2, stride=(1, 2), groups=2), nn.Upsample(scale_factor=2), nn.AvgPool2d(2),
            nn.ConvTranspose2d(6, 3, 3, stride=2, padding=1, output_padding=1))
        self.out = nn.Linear(3 * 6 * 2, 2)

    def forward(self, x):
        y = self.features(x)
        return self.out(y.view(y.size(0), -1))


class Attention(nn.Module):  # products of lists of matrices, and shapes of the input
    def __init__(self):
        super().__init__()
        self.mix, self.out = nn.Linear(6, 6), nn.Linear(6, 2)

    def forward(self, x):
        rows, columns = x.size(0), x.size(1)
        y = self.mix(x).reshape(rows, columns // 3, 3)
        weights = torch.softmax(torch.matmul(y, y.transpose(1, 2)) / 3 ** 0.5, dim=-1)
        return self.out(torch.matmul(weights, y).flatten(1))


torch.manual_seed(0)
torch.set_num_threads(1)
models = {
    "torch_mlp": nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Dropout(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3)),
    "torch_layers": nn.Sequential(
        nn.Linear(6, 6), nn.LeakyReLU(0.2), nn.Linear(6, 6), nn.ELU(0.7), nn.Linear(6, 6), nn.Softplus(),
        nn.Linear(6, 6), nn.GELU(), nn.Linear(6, 6), nn.SiLU(), nn.Linear(6, 3), nn.LogSoftmax(dim=1)),
    "torch_softmax": nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Softmax(dim=-1)),
    "torch_branches": Branches(),
    "torch_images": Images(),
    "torch_attention": Attention(),
}
names = []
for name, model in models.items():
    for _ in range(3):  # statistics of its own
        model(torch.randn(5, 2, 8, 6) if name == "torch_images" else torch.randn(5, 6))
    model.eval()
    x = torch.randn(5, 2, 8, 6) if name == "torch_images" else torch.randn(5, 6)
    for opset in (9, 11, 13, 17):
        names.append(f"{name}_{opset}")
        torch.onnx.export(model, x, names[-1] + ".onnx", opset_version=opset, input_names=["x"],
                          dynamic_axes={"x": {0: "n"}})
        np.save(names[-1] + "_input.npy", x.numpy())
        np.save(names[-1] + "_output.npy", model(x).detach().numpy())
open("torch_names", "w").write(" ".join(names))
PYTHON
  # shellcheck disable=SC2046
  ./onnx $(cat torch_names)
else
  echo "skipped: no torch"
fi
