#!/usr/bin/env bash
# pytorch.sh COMPILER SCRATCH
#
# Models that PyTorch trains come to minigrad by safetensors files and give the same outputs; minigrad trains them on,
# and they come back. The files are written and read by the format's definition, in Python.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
compiler=$1 scratch=$2
python=/usr/bin/python3
[ -x "$python" ] || python=python3
"$python" -c 'import torch' 2> /dev/null || { echo "skipped: no torch" && exit; }
mkdir -p "$scratch"
cd "$scratch"
"$compiler" -std=c++20 -O1 -I"$root/include" "$root/tests/io/pytorch.cpp" -o pytorch
cat > models.py << 'PYTHON'
import json
import struct
import sys

import torch
from safetensors import safetensors  # of tests/fixtures

NAMES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}
TYPES = {name: dtype for dtype, name in NAMES.items()}


def write(path, tensors):
    entries = {name: (NAMES[t.dtype], list(t.shape), t.reshape(-1).tolist()) for name, t in tensors.items()}
    open(path, "wb").write(safetensors(entries))


def read(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    out = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        numbers = torch.frombuffer(bytearray(data[8 + n + begin:8 + n + end]), dtype=TYPES[entry["dtype"]])
        out[name] = numbers.reshape(entry["shape"]).clone()
    return out


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = torch.nn.Linear(2, 8)
        self.output = torch.nn.Linear(8, 1)
        self.register_buffer("mean", torch.tensor([0.5, -0.25]))

    def forward(self, x):
        return self.output(torch.tanh(self.hidden(x - self.mean)))


def make(name):
    torch.manual_seed(0)
    if name == "net":
        return Net().double()
    nn = torch.nn
    if name == "image":
        return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                             nn.ConvTranspose2d(4, 2, 2, bias=False), nn.Flatten(), nn.Linear(32, 3),
                             nn.BatchNorm1d(3, momentum=None), nn.Linear(3, 1)).double()
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Sequential(nn.Linear(8, 4), nn.Tanh()), nn.Linear(4, 1))


def train(model, x, t, steps):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(x), t).backward()
        optimizer.step()
    model.eval()


for name, dtype, tolerance in ("sequential", torch.float32, 1e-5), ("net", torch.float64, 1e-12), ("image", torch.float64, 1e-9):
    model = make(name)
    torch.manual_seed(1)
    x = torch.randn(*((50, 1, 6, 6) if name == "image" else (50, 2)), dtype=dtype)
    t = torch.sin(x.flatten(1).sum(1, keepdim=True))
    train(model, x, t, 50)
    if sys.argv[1] == "write":
        write(name + ".safetensors", model.state_dict())
        write(name + "_data.safetensors", {"x": x, "t": t})
        continue
    out = read(name + "_out.safetensors")
    assert torch.allclose(out["y"], model(x), rtol=tolerance, atol=tolerance), name
    train(model, x, t, 20)
    assert torch.allclose(out["trained_y"], model(x), rtol=1e3 * tolerance, atol=1e2 * tolerance), name
    back = make(name)
    state = read(name + "_back.safetensors")
    assert {n: v.dtype for n, v in state.items()} == {n: v.dtype for n, v in model.state_dict().items()}, name
    back.load_state_dict(state, strict=True)
    back.eval()
    assert torch.allclose(out["trained_y"], back(x), rtol=tolerance, atol=tolerance), name
    for n, v in model.state_dict().items():
        assert torch.allclose(state[n], v, rtol=1e3 * tolerance, atol=1e2 * tolerance), (name, n)
PYTHON
PYTHONPATH="$root/tests/fixtures" "$python" models.py write
./pytorch
PYTHONPATH="$root/tests/fixtures" "$python" models.py check
echo "the models came and went"
