#!/usr/bin/env python3
"""Times a step of each optimizer on 10^6 weights (4 matrices of 500 by 500, float) in minigrad and in PyTorch, in turns.

  OMP_NUM_THREADS=1 /usr/bin/python3 bench/peers/optim.py [ROUNDS [NAME...]]   (Debian: python3-torch, libtorch-dev, g++)

PyTorch is libtorch's class where there is one, and otherwise torch.optim with foreach=True. In each round each library
makes 10 steps, one after the other. On a machine that does other things too, CPU time is the steadier one. L-BFGS is one iteration with
10 pairs, without line search and without the closure. The programs are built in build/bench_optim.
"""

import os
import statistics
import subprocess
import sys
import time

import torch

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "bench_optim")
STEPS = 10
NAMES = ("SGD", "SGD-momentum", "Adagrad", "RMSprop", "Adam", "Adam-amsgrad", "AdamW", "NAdam", "RAdam", "Adamax",
         "Adadelta", "Rprop", "L-BFGS")


def build(name, *flags):
    source, program = os.path.join(ROOT, "bench", "peers", name + ".cpp"), os.path.join(BUILD, name)
    if not os.path.exists(program):
        os.makedirs(BUILD, exist_ok=True)
        subprocess.run(["g++", "-std=c++20", "-O2", "-fopenmp", "-I" + os.path.join(ROOT, "include"), source, *flags,
                        "-o", program], check=True)
    return subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(program, name):
    program.stdin.write(f"{name} {STEPS}\n")
    program.stdin.flush()
    words = [float(word) for word in program.stdout.readline().split()]
    return list(zip(words[::2], words[1::2]))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    minigrad = build("optim_minigrad")
    libtorch = build("optim_torch", "-I/usr/include/torch/csrc/api/include", "-ltorch", "-ltorch_cpu", "-lc10")
    weights = [torch.randn(500, 500, requires_grad=True) for _ in range(4)]
    for weight in weights:
        weight.grad = torch.randn(500, 500) * 0.1
    classes = {name: getattr(torch.optim, name) for name in ("NAdam", "RAdam", "Adamax", "Adadelta", "Rprop")}
    python = {name: one(weights, lr=1e-6, foreach=True) for name, one in classes.items()}

    def ask_python(name):
        out = []
        for _ in range(STEPS):
            cpu, wall = time.process_time(), time.perf_counter()
            python[name].step()
            out.append((time.process_time() - cpu, time.perf_counter() - wall))
        return out

    print(f"{torch.get_num_threads()} threads, PyTorch {torch.__version__}, {rounds} rounds; ms for a step, medians: CPU "
          "time of all threads, and time on the wall")
    print("| optimizer | PyTorch by | minigrad CPU | PyTorch CPU | ratio | minigrad wall | PyTorch wall | ratio |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in sys.argv[2:] or NAMES:
        ours, theirs = [], []
        for turn in range(rounds + 1):
            a = ask(minigrad, name)
            b = ask_python(name) if name in python else ask(libtorch, name)
            if turn > 0:  # the first round makes the state
                ours += a
                theirs += b
        row = f"| {name} | {'torch.optim' if name in python else 'libtorch'} |"
        for k in (0, 1):
            a, b = (1e3 * statistics.median(times[k] for times in of) for of in (ours, theirs))
            row += f" {a:.2f} | {b:.2f} | {b / a:.2f} |"
        print(row, flush=True)


if "MALLOC_TRIM_THRESHOLD_" not in os.environ:
    os.environ["MALLOC_MMAP_THRESHOLD_"], os.environ["MALLOC_TRIM_THRESHOLD_"] = str(1 << 25), str(1 << 30)
    os.execv(sys.executable, [sys.executable, *sys.argv])
main()
