#!/usr/bin/env bash
# bench/files.sh
#
# Seconds to write and read 100 MB of floats in four tensors, medians of 5: minigrad's safetensors and npz files beside
# NumPy's uncompressed npz. Each write waits for the disk (fsync); reads come from the system's cache.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/build/files
mkdir -p "$out"
cd "$out"
"${CXX:-g++}" -std=c++20 -O2 -I"$root/include" "$root/bench/peers/files.cpp" -o files
./files
/usr/bin/python3 - << 'PYTHON'
import os
import time

import numpy as np


def measure(name, work):
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    print(f"numpy    {name:18} {sorted(seconds)[2]:.3f} s")


arrays = {name: np.arange(6250000, dtype=np.float32).reshape(2500, 2500) for name in "abcd"}


def write():
    with open("numpy.npz", "wb") as file:
        np.savez(file, **arrays)
        file.flush()
        os.fsync(file.fileno())


measure("npz write", write)
measure("npz read", lambda: [np.load("numpy.npz")[name] for name in arrays])
PYTHON
rm -f speed.safetensors speed.npz numpy.npz
