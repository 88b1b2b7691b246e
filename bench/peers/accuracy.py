"""The measurements of bench/accuracy.cpp in PyTorch on one thread, and a table of both.

    g++ -std=c++20 -O2 -Iinclude bench/accuracy.cpp -o accuracy && ./accuracy | python3 bench/peers/accuracy.py
"""
import sys

import numpy as np
import torch

torch.set_num_threads(1)
COLUMNS = 4


def numbers(n):
    h = np.arange(n, dtype=np.uint32)
    h = (h ^ (h >> 16)) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> 13)) * np.uint32(0xC2B2AE35)
    return ((h ^ (h >> 16)) >> 8).astype(np.float32) * np.float32(2.0**-24)


def measure(n):
    """The largest relative error of each measurement, by its name."""
    rows = n // COLUMNS
    table = numbers(n).reshape(rows, COLUMNS)
    x = torch.from_numpy(table)
    by_column = np.array([table[:, j].sum(dtype=np.float64) for j in range(COLUMNS)])
    everything = by_column.sum()
    means = by_column / rows
    variances = np.array([((table[:, j] - means[j]) ** 2).sum() for j in range(COLUMNS)]) / (rows - 1)

    def error(y, expected):
        return float(np.abs(y.detach().double().numpy() / expected - 1).max())

    w = torch.ones(COLUMNS, requires_grad=True)
    (w * x).sum().backward()
    return {
        "sum_all": error(x.sum(), everything),
        "sum_axis_0": error(x.sum(0), by_column),
        "mean_axis_0": error(x.mean(0), means),
        "var_axis_0": error(x.var(0), variances),
        "sum_axis_1": error(x.reshape(1, n).sum(1), everything),
        "matmul": error(x.reshape(1, n) @ torch.ones(n, 1), everything),
        "matmul_tn": error((x.T @ torch.ones(rows, 1)).reshape(-1), by_column),
        "gradient": error(w.grad, by_column),
    }


ours = {}
for line in sys.stdin:
    name, summands, worst = line.split()
    n = int(summands) * (1 if name in ("sum_all", "sum_axis_1", "matmul") else COLUMNS)
    ours.setdefault(n, {})[name] = worst
theirs = {n: measure(n) for n in ours}
print("| |" + "".join(f" {n:.0e} |".replace("e+0", "e") for n in ours))
print("| --- |" + " --- |" * len(ours))
for name in next(iter(ours.values())):
    print(f"| {name} |" + "".join(f" {ours[n][name]} / {theirs[n][name]:.1e} |" for n in ours))
