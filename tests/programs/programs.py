#!/usr/bin/env python3
"""Writes random programs over the op table, with the values and derivatives that PyTorch computes for them.

  /usr/bin/python3 tests/programs/programs.py COUNT SEED [--float] [--digits N] > programs.txt

Needs PyTorch 1.13 (Debian: apt-get install python3-torch). tests/fixtures/programs.txt is the output for 4000 1
--digits 11; tests/programs/programs_test.cpp reads it, or the file that MINIGRAD_PROGRAMS names.

A program is a few lines. Value k is the k-th line of a leaf or an op, from 0.

  @ 17                   program 17
  v 2x3 0.5 -1 ...       a variable: its shape, and its numbers row by row; a number has the shape -
  c 3 1 2 0              a constant
  mul 0 1                an op: a plain number names an operand, #0.5 is an operand that is this number, and :1 an
                         attribute (:all are all axes)
  = 2x3 1.5 8            the shape of the last value y; L = sum_k (k % 7 + 1) / 4 y_k; and the size of the largest term,
                         gradient g_v or g_v v on the way, by which rounding is judged
  g ...                  dL/dv for all variables, one after another
  h 30 ...               dM/dv for M = sum_j (j % 5 + 1) / 3 g_j, and the size of the largest number on the way.
                         Not there where PyTorch has no second derivative

Most programs keep to places where ops are smooth and of moderate size. Every fourth is made of special numbers (zeros of
both signs, kinks, equal elements, 1e-100, 1e50) and keeps to nothing. Where a change of the inputs and of each rounded
result and gradient by 1e-13 (of floats, 1e-7) changes a result a thousand times as much, rounding decides, and the
program is left out. So is one that meets a place where minigrad decides otherwise than PyTorch: docs/derivatives.md lists
these.
"""

import argparse
import math
import random
import sys
import warnings

import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
D = torch.float64
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, 3.0, -3.0, 0.7, 1e-8, -1e-8, 1e-50, -1e-50, 1e-100, 1e50, -1e50,
           30.0, -30.0, 800.0, -800.0]
COMPARE = {"less": torch.lt, "less_equal": torch.le, "greater": torch.gt, "greater_equal": torch.ge, "equal": torch.eq,
           "not_equal": torch.ne}
REDUCTION = ["mean", "sum", "none"]
SOFTMAX = ["softmax", "log_softmax", "nll_loss", "cross_entropy_loss", "cross_entropy_loss_of"]
SUMS = ["sum", "mean", "sum_to", "index_add", "matmul", "matmul_nt", "matmul_tn", "linear"]


def sum_to(x, shape):
    return x.sum_to_size(*shape) if shape else x.sum()


def unslice(x, shape, begin, axis):
    before, after = list(x.shape), list(x.shape)
    before[axis], after[axis] = begin, shape[axis] - begin - x.shape[axis]
    return torch.cat([torch.zeros(before, dtype=D), x, torch.zeros(after, dtype=D)], axis)


def index_add(x, rows, indices):
    return torch.zeros([rows] + list(x.shape[1:]), dtype=D).index_add(0, torch.tensor(indices, dtype=torch.long), x)


def along(f, g):
    """A reduction of all axes or one: f(x, axes, keepdim, more...)."""
    return lambda x, axis, keepdim, *more: g(f, x, list(range(x.dim())) if axis == "all" else axis, bool(keepdim), *more)


def plain(f, x, axes, keepdim):
    return f(x, axes, keepdim)


def log_of_sum(f, x, axes, keepdim):
    return f(x, axes, keepdim) if x.dim() else f(x.reshape(1), 0)


def spread(f, x, axes, keepdim, correction):
    return f(x, axes, correction=correction, keepdim=keepdim)


# name: (function, lowest, highest); what a smooth program may apply it to
UNARY = {
    "neg": (torch.neg, -50, 50), "sign": (torch.sign, -50, 50), "abs": (torch.abs, -50, 50),
    "square": (torch.square, -8, 8), "sqrt": (torch.sqrt, 0.1, 50), "reciprocal": (torch.reciprocal, 0.1, 50),
    "exp": (torch.exp, -5, 3), "expm1": (torch.expm1, -5, 3), "log": (torch.log, 0.1, 50),
    "log1p": (torch.log1p, -0.8, 50), "log2": (torch.log2, 0.1, 50), "log10": (torch.log10, 0.1, 50),
    "sin": (torch.sin, -8, 8), "cos": (torch.cos, -8, 8), "tan": (torch.tan, -1.2, 1.2), "asin": (torch.asin, -0.9, 0.9),
    "acos": (torch.acos, -0.9, 0.9), "atan": (torch.atan, -50, 50), "sinh": (torch.sinh, -3, 3),
    "cosh": (torch.cosh, -3, 3), "asinh": (torch.asinh, -50, 50), "acosh": (torch.acosh, 1.2, 50),
    "atanh": (torch.atanh, -0.9, 0.9), "erf": (torch.erf, -3, 3), "tanh": (torch.tanh, -8, 8),
    "sigmoid": (torch.sigmoid, -8, 8), "relu": (torch.relu, -50, 50),
    "softplus": (lambda x: F.softplus(x, threshold=700), -8, 8), "silu": (F.silu, -8, 8), "gelu": (F.gelu, -8, 8),
    "floor": (torch.floor, -50, 50), "ceil": (torch.ceil, -50, 50), "stop_gradient": (torch.detach, -50, 50),
}
BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum,
    "minimum": torch.minimum, "pow": torch.pow, "atan2": torch.atan2, "hypot": torch.hypot,
}
REDUCE = {
    "sum": along(torch.sum, plain), "mean": along(torch.mean, plain), "max": along(torch.amax, plain),
    "min": along(torch.amin, plain), "logsumexp": along(torch.logsumexp, log_of_sum),
    "var": along(torch.var, spread), "std": along(torch.std, spread),
}
LOSS = {
    "mse_loss": lambda p, t, r: F.mse_loss(p, t, reduction=REDUCTION[r]),
    "l1_loss": lambda p, t, r: F.l1_loss(p, t, reduction=REDUCTION[r]),
    "huber_loss": lambda p, t, delta, r: F.huber_loss(p, t, delta=delta, reduction=REDUCTION[r]),
    "bce_with_logits_loss": lambda p, t, r: F.binary_cross_entropy_with_logits(p, t, reduction=REDUCTION[r]),
    "nll_loss": lambda x, r, *labels: F.nll_loss(torch.log_softmax(x, 1), torch.tensor(labels, dtype=torch.long), reduction=REDUCTION[r]),
    "cross_entropy_loss": lambda x, r, *labels: F.cross_entropy(x, torch.tensor(labels, dtype=torch.long),
                                                               reduction=REDUCTION[r]),
    "cross_entropy_loss_of": lambda x, t, r: F.cross_entropy(x, t, reduction=REDUCTION[r]),
}
OPS = {
    **{name: one[0] for name, one in UNARY.items()}, **BINARY, **REDUCE, **LOSS,
    "leaky_relu": lambda x, slope: F.leaky_relu(x, slope), "elu": lambda x, alpha: F.elu(x, alpha),
    "clamp": lambda x, low, high: torch.clamp(x, low, high),
    "softmax": torch.softmax, "log_softmax": torch.log_softmax,
    "max_with_indices": lambda x, axis, keepdim: torch.max(x, axis, bool(keepdim))[0],
    "reshape": lambda x, *shape: x.reshape(shape), "flatten": lambda x, a, b: torch.flatten(x, a, b),
    "transpose": lambda x, a, b: x.transpose(a, b),
    "slice": lambda x, begin, end, axis: x.narrow(axis, begin, end - begin),
    "unslice": lambda x, begin, axis, *shape: unslice(x, shape, begin, axis),
    "broadcast_to": lambda x, *shape: x.expand(shape), "sum_to": lambda x, *shape: sum_to(x, shape),
    "index_select": lambda x, *rows: x[torch.tensor(rows, dtype=torch.long)],
    "index_add": lambda x, rows, *indices: index_add(x, rows, indices),
    "concatenate": lambda *x: torch.cat(x[:-1], x[-1]), "stack": lambda *x: torch.stack(x[:-1], x[-1]),
    "matmul": torch.matmul, "matmul_nt": lambda a, b: a @ b.T, "matmul_tn": lambda a, b: a.T @ b,
    "linear": lambda x, w, b: F.linear(x, w, b),
    **{"where_" + name: (lambda f: lambda a, b, x, y: torch.where(f(a, b), x, y))(f) for name, f in COMPARE.items()},
    **{"mask_" + name: (lambda f: lambda a, b, x: x * f(a, b).to(D))(f) for name, f in COMPARE.items()},
}


EXACT = ["v", "c", "neg", "sign", "abs", "relu", "floor", "ceil", "stop_gradient", "clamp", "maximum", "minimum", "max", "min",
         "max_with_indices", "reshape", "flatten", "transpose", "slice", "unslice", "broadcast_to", "index_select",
         "concatenate", "stack"] + [name for name in OPS if name.startswith(("where_", "mask_"))]


class Operand(int):
    """A value, by its number."""


class Number(float):
    """An operand that is a number."""


def evaluate_one(op, values, uses):
    """The op's value. Each use of a value is noted as a tensor of its own, so that its part of the gradient is seen."""
    name, arguments = op
    numbers = name in BINARY or name.startswith(("where_", "mask_"))
    given = []
    for a in arguments:
        if isinstance(a, Operand):
            uses.append(values[a].view_as(values[a]))
            given.append(uses[-1])
        else:
            given.append(torch.tensor(float(a), dtype=D) if numbers and isinstance(a, Number) else a)
    return OPS[name](*given)


def evaluate(steps, leaves, noise=None, unit=0.0):
    values, uses, leaf = [], [], iter(leaves)
    for step in steps:
        values.append(next(leaf) if step[0] in "vc" else evaluate_one(step, values, uses))
        if noise and step[0] not in EXACT:  # rounded otherwise, sums in another order
            with torch.no_grad():
                size = evaluate_one(step, [v.abs() for v in values[:-1]], []) if step[0] in SUMS else values[-1].abs()
                factors = [noise.uniform(-unit, unit) for _ in range(size.numel())]
                change = size * torch.tensor(factors, dtype=D).reshape(size.shape)
            values[-1] = values[-1] + change.nan_to_num(0, 0, 0)
    return values, uses


def largest(tensors):
    sizes = [t[torch.isfinite(t)].abs().max().item() for t in tensors
             if t is not None and torch.isfinite(t).any()]
    return max(sizes, default=0.0)


def weighted(tensor, begin, period, divisor):
    i = torch.arange(begin, begin + tensor.numel())
    return (i % period + 1).to(D) / divisor * tensor.reshape(-1)


def derive(steps, leaves, noise=None, unit=0.0):
    """L, g, h or None, and the sizes by which L and g, and h, are judged."""
    x = [v.clone().requires_grad_() if name == "v" else v for (name, _), v in zip(
        [s for s in steps if s[0] in "vc"], leaves)]
    variables = [v for v in x if v.requires_grad]
    values, uses = evaluate(steps, x, noise, unit)
    for v in values + uses:
        if noise and v.requires_grad:  # gradients are rounded too
            v.register_hook(lambda g: g * (1 + torch.tensor([noise.uniform(-unit, unit) for _ in range(g.numel())],
                                                                   dtype=D).reshape(g.shape)))
    terms = weighted(values[-1], 0, 7, 4)
    L = terms.sum()
    inner = [v for v in values + uses if v.requires_grad]
    zeros = [torch.zeros_like(v) for v in variables]
    if not L.requires_grad:
        return values, L.item(), torch.cat([z.reshape(-1) for z in zeros]), None, largest([terms.detach()]), 0
    all_g = torch.autograd.grad(L, inner, create_graph=True, allow_unused=True)
    g = [next((d for v, d in zip(inner, all_g) if v is one and d is not None), z) for one, z in zip(variables, zeros)]
    size = max(largest([terms.detach()]), largest([d.detach() for d in all_g if d is not None]),
               largest([(v * d).detach() for v, d in zip(inner, all_g) if d is not None]))
    M, begin = torch.zeros((), dtype=D), 0
    for d in g:
        M = M + weighted(d, begin, 5, 3).sum()
        begin += d.numel()
    h, h_size = None, 0
    try:
        if M.requires_grad:
            h = torch.autograd.grad(M, inner, allow_unused=True)
            h_size = max(largest([d for d in h if d is not None]), size)
            h = [next((d for v, d in zip(inner, h) if v is one and d is not None), z)
                 for one, z in zip(variables, zeros)]
        else:
            h = zeros
        h = torch.cat([d.reshape(-1) for d in h])
    except RuntimeError:  # no second derivative
        h = None
    return values, L.item(), torch.cat([d.detach().reshape(-1) for d in g]), h, size, h_size


class Generator:
    def __init__(self, seed, floats):
        self.random = random.Random(seed)
        self.floats = floats
        self.unit = 1e-7 if floats else 1e-13

    def shape(self, most=24):
        r = self.random
        while True:
            shape = [r.choice([1, 2, 2, 3, 3, 4] if r.random() > 0.02 else [0]) for _ in range(r.choice([0, 1, 1, 2, 2, 2, 3, 4]))]
            if math.prod(shape) <= most:
                return shape

    def numbers(self, shape):
        r = self.random
        if self.special:
            n = [r.choice(SPECIAL) for _ in range(math.prod(shape))]
        elif r.random() < 0.3:  # coarse, so that some are equal
            n = [r.randint(-4, 4) / 2 for _ in range(math.prod(shape))]
        else:
            n = [r.randint(-300, 300) / 100 for _ in range(math.prod(shape))]
        x = torch.tensor(n, dtype=D).reshape(shape)
        return x.float().to(D) if self.floats else x

    def leaf(self, shape, kind=None, numbers=None):
        """A new leaf, whose number in the program is given back."""
        self.steps.append((kind or ("v" if self.random.random() < 0.75 else "c"), []))
        self.leaves.append(self.numbers(shape) if numbers is None else numbers)
        self.values.append(self.leaves[-1])
        return Operand(len(self.values) - 1)

    def broadcastable(self, shape):
        """A shape that broadcasts with this one."""
        r = self.random
        other = [1 if r.random() < 0.25 else n for n in shape]
        if r.random() < 0.3:
            other = other[r.randint(0, len(other)):]
        elif len(other) < 4 and r.random() < 0.1:
            other = [2] + other
        return other

    def other(self, shape):
        """An operand that broadcasts with this shape: a value, a number or a new leaf."""
        r = self.random
        if r.random() < 0.15:
            return Number(r.choice(SPECIAL[:10]) if self.special else r.randint(-20, 20) / 8)
        fitting = []
        for k, v in enumerate(self.values):
            try:
                torch.broadcast_shapes(v.shape, shape)
                fitting.append(k)
            except RuntimeError:
                pass
        if fitting and r.random() < 0.6:
            return Operand(r.choice(fitting))
        return self.leaf(self.broadcastable(shape))

    def axis(self, x):
        return self.random.randrange(-x.dim(), x.dim())

    def propose(self):
        """(name, arguments) of one op more, or None; new leaves may be made on the way."""
        r = self.random
        k = Operand(len(self.values) - 1 if r.random() < 0.7 else r.randrange(len(self.values)))
        x = self.values[k]
        shape, rank = list(x.shape), x.dim()
        kind = r.choice(["unary"] * 4 + ["binary"] * 4 + ["more", "reduce", "reduce", "softmax", "where", "move", "move",
                        "index", "join", "product", "product", "loss"])
        if kind == "unary":
            name = r.choice(list(UNARY))
            low, high = UNARY[name][1:]
            if not self.special and x.numel() and not (x.min() >= low and x.max() <= high):
                return None
            return name, [k]
        if kind == "binary":
            name, b = r.choice(list(BINARY)), self.other(shape)
            y = torch.tensor(float(b), dtype=D) if isinstance(b, Number) else self.values[b]
            if not self.special:
                if name == "div" and y.numel() and y.abs().min() < 0.1:
                    return None
                if name == "pow" and not (x.numel() and y.numel() and x.min() > 0.1 and x.max() < 5 and y.abs().max() < 4):
                    return None
                if name in ("atan2", "hypot") and x.numel() and x.abs().min() < 0.1:
                    return None
            if name not in ("atan2", "hypot") and isinstance(b, Number) and r.random() < 0.4 and (
                    self.special or name in ("add", "sub", "mul")):
                return name, [b, k]
            return name, [k, b]
        if kind == "more":
            if r.random() < 0.5:
                return "clamp", [k, r.choice([-1.0, 0.0, -2.0]), r.choice([0.5, 2.0, 1.0])]
            return r.choice([("leaky_relu", [k, r.choice([0.01, 0.3])]), ("elu", [k, r.choice([1.0, 0.5])])])
        if kind == "reduce":
            name = r.choice(list(REDUCE))
            axis = "all" if rank == 0 or r.random() < 0.35 else self.axis(x)
            n = x.numel() if axis == "all" else shape[axis]
            keepdim = r.randint(0, 1)
            if name in ("var", "std"):
                correction = r.randint(0, 1)
                if not self.special and n <= correction:
                    return None
                if not self.special and name == "std" and OPS["var"](x, axis, 0, correction).lt(0.01).any():
                    return None
                return name, [k, axis, keepdim, correction]
            if n == 0 and name != "sum":
                return None
            return name, [k, axis, keepdim]
        if kind == "softmax" and rank:
            return r.choice(["softmax", "log_softmax"]), [k, self.axis(x)]
        if kind == "where":
            a, b = k, self.other(shape)
            name = r.choice(list(COMPARE))
            both = lambda s, o: s if isinstance(o, Number) else list(torch.broadcast_shapes(s, self.values[o].shape))  # noqa: E731
            y = self.other(both(shape, b))
            full = both(both(shape, b), y)
            if r.random() < 0.3:
                return "mask_" + name, [a, b, y] if not isinstance(y, Number) else [a, b, k]
            z = self.other(full)
            if isinstance(y, Number) and isinstance(z, Number):
                return None
            return "where_" + name, [a, b, y, z]
        if kind == "move" and rank:
            choice = r.randrange(8)
            if choice == 0:
                return "transpose", [k, self.axis(x), self.axis(x)]
            if choice == 1:
                axis = self.axis(x)
                begin = r.randint(0, shape[axis])
                return "slice", [k, begin, r.randint(begin, shape[axis]), axis]
            if choice == 2:
                axis, begin = self.axis(x), r.randint(0, 2)
                shape[axis] += begin + r.randint(0, 1)
                return "unslice", [k, begin, axis] + shape
            if choice == 3 and x.numel():
                parts = [n for n in (1, 2, 3, 4, 6) if x.numel() % n == 0]
                first = r.choice(parts)
                return "reshape", [k] + r.choice([[-1], [first, -1], [-1, first], [first, x.numel() // first, 1], [-1, 1]])
            if choice == 4:
                a, b = sorted([r.randrange(rank), r.randrange(rank)])
                return "flatten", [k, a, r.choice([b, b - rank])]
            if choice == 5:
                shape = [r.choice([2, 3]) if n == 1 else n for n in shape]
                return "broadcast_to", [k] + ([2] if rank < 4 and r.random() < 0.4 else []) + shape
            if choice == 6:
                shape = [1 if r.random() < 0.5 else n for n in shape]
                return "sum_to", [k] + shape[r.randint(0, rank) if r.random() < 0.3 else 0:]
            return "max_with_indices", [k, self.axis(x), r.randint(0, 1)] if x.numel() else None
        if kind == "index" and rank:
            if r.random() < 0.5 and shape[0]:
                return "index_select", [k] + [r.randrange(shape[0]) for _ in range(r.randint(0, 4))]
            rows = r.randint(1, 4)
            return "index_add", [k, rows] + [r.randrange(rows) for _ in range(shape[0])]
        if kind == "join" and rank:
            if r.random() < 0.5 and rank < 4:
                same = [Operand(i) for i, v in enumerate(self.values) if v.shape == x.shape]
                return "stack", [r.choice(same) for _ in range(r.randint(1, 3))] + [r.randrange(-rank - 1, rank + 1)]
            axis = self.axis(x)
            more = list(shape)
            more[axis] = r.randint(0, 2)
            parts = [k, self.leaf(more)] + ([k] if r.random() < 0.3 else [])
            r.shuffle(parts)
            return "concatenate", parts + [axis]
        if kind == "product" and rank:
            n = r.choice([1, 2, 3, 4, 5])
            name = r.choice(["matmul", "matmul", "matmul_nt", "matmul_tn", "linear"])
            if name == "matmul":
                return name, [k, self.leaf([shape[-1], n])]
            if name == "matmul_nt":
                return name, [k, self.leaf([n, shape[-1]])]
            if name == "matmul_tn" and rank == 2:
                b = self.leaf([shape[0], n])
                return name, [k, b] if r.random() < 0.5 else [b, k]
            if name == "linear":
                w = self.leaf([n, shape[-1]])
                return name, [k, w, self.leaf([n])]
            return None
        if kind == "loss" and x.numel():
            name, reduction = r.choice(list(LOSS)), r.choice([0, 0, 1, 2])
            if name in ("mse_loss", "l1_loss", "huber_loss"):
                same = [Operand(i) for i, v in enumerate(self.values) if v.shape == x.shape]
                t = r.choice(same) if r.random() < 0.4 else self.leaf(shape)
                return name, [k, t] + ([r.choice([1.0, 0.5])] if name == "huber_loss" else []) + [reduction]
            if name == "bce_with_logits_loss":
                t = torch.tensor([r.choice([0.0, 1.0, 0.25, 0.5]) for _ in range(x.numel())], dtype=D).reshape(shape)
                return name, [k, self.leaf(shape, "c", t), reduction]
            if rank != 2 or shape[1] < 2:
                return None
            if name == "cross_entropy_loss_of":
                rows = [[0.0] * shape[1] for _ in range(shape[0])]
                for row in rows:
                    row[r.randrange(shape[1])] += 0.75
                    row[r.randrange(shape[1])] += 0.25
                return name, [k, self.leaf(shape, "c", torch.tensor(rows, dtype=D)), reduction]
            return name, [k, reduction] + [r.randrange(shape[1]) for _ in range(shape[0])]
        return None

    def moderate(self, value):
        return value.numel() == 0 or bool(torch.isfinite(value).all() and value.abs().max() < 100)

    def grow(self):
        """A program: its steps and leaves."""
        r = self.random
        self.special = not self.floats and r.random() < 0.25
        self.steps, self.leaves, self.values = [], [], []
        self.leaf(self.shape(), "v")
        wanted, done = r.randint(2, 8), 0
        for _ in range(60):
            if done == wanted:
                break
            before = len(self.steps), len(self.leaves)
            op = self.propose()
            value = None
            if op and op[1] is not None:
                with torch.no_grad():
                    value = evaluate_one(op, self.values, [])
            if value is None or value.numel() > 36 or value.dim() > 4 or not (self.special or self.moderate(value)):
                self.steps, self.leaves = self.steps[:before[0]], self.leaves[:before[1]]
                self.values = self.values[:before[0]]
                continue
            self.steps.append(op)
            self.values.append(value)
            done += 1
        return self.steps, self.leaves

    def nudge(self, leaf):
        """The leaf, where each number that is no multiple of 1/2 is moved by a few rounding errors."""
        moved = leaf.clone().reshape(-1)
        for i, v in enumerate(moved.tolist()):
            if v * 2 != round(v * 2):
                moved[i] = v * (1 + self.unit * random.Random(v).uniform(-1, 1))  # equal numbers stay equal
        return moved.reshape(leaf.shape)


def loses_range(x):
    """Whether the square of a finite number other than 0 leaves the range of double, or nearly so."""
    return (torch.isfinite(x) & (x != 0) & ((x.abs() < 1e-153) | (x.abs() > 1e153))).any()


def decided_otherwise(steps, values):
    """Whether a program meets a place where minigrad decides otherwise than PyTorch 1.13, of docs/derivatives.md: "all",
    or "second" where that concerns second derivatives alone, or nothing."""
    found = ""
    for k, (name, arguments) in enumerate(steps):
        if name in "vc":
            continue
        x = [values[a] if isinstance(a, Operand) else torch.tensor(float(a)) for a in arguments if isinstance(a, (Operand, Number))]
        if name in ("abs", "sign", "max", "min", "l1_loss") and any(v.isnan().any() for v in x):
            return "all"
        if name in ("var", "std") and (x[0].numel() if arguments[1] == "all" else x[0].shape[arguments[1]]) <= arguments[3]:
            return "all"
        if name == "elu" and (x[0].isnan() | ((x[0].abs() < 1e-4) & (x[0] != 0))).any():
            return "all"
        if name == "acosh" and (x[0] < 1).any() or name == "expm1" and (x[0] < -5).any():
            return "all"
        if name == "logsumexp" and (x[0].abs() > 1e6).any():
            return "all"
        if name in ("asin", "acos", "atanh") and (x[0].abs() >= 1).any():
            found = "second"
        if name == "gelu" and ((x[0] < -5) & (x[0] > -40)).any():  # PyTorch computes 1 + erf(x / sqrt(2))
            return "all"
        if name in SOFTMAX and x[0].isinf().any():
            return "all"
        if name in ("abs", "sign") and x[0].isinf().any():
            found = "second"
        # PyTorch computes (1 / v) / v, or v^2, before it multiplies by the gradient, which may be as large as v
        if name == "atan2" and loses_range(torch.hypot(*x)):
            return "all"
        if name == "atan2" and loses_range(torch.hypot(*x) ** 2):
            found = "second"
        if name in ("log", "log2", "log10") and loses_range(x[0]) or name == "log1p" and loses_range(1 + x[0]):
            found = "second"
        if name == "hypot" and loses_range(values[k]):
            found = "second"
        if name == "pow" and not all(torch.isfinite(v).all() for v in values):
            return "all"
        if name == "pow" and ((x[0] == 0).any() or (x[1] == 0).any()):
            found = "second"
    return found


def cancels(steps, values):
    """Whether a sum is 0 but for rounding, so that the order of its terms decides."""
    sizes = [v.detach().abs() for v in values]
    return any(((values[k].abs() < 1e-10 * evaluate_one(step, sizes, []))).any()
               for k, step in enumerate(steps) if step[0] in SUMS)


def agree(a, b, size, bound):
    same = (a == b) | (a.isnan() & b.isnan())
    return bool((same | ((a - b).abs() <= bound * (a.abs() + size))).all())


def shape_text(shape):
    return "x".join(str(n) for n in shape) or "-"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("count", type=int)
    arguments.add_argument("seed", type=int)
    arguments.add_argument("--float", action="store_true")
    arguments.add_argument("--digits", type=int, default=17)
    options = arguments.parse_args()
    generator = Generator(options.seed, options.float)
    text = lambda v: format(v, f".{options.digits}g")  # noqa: E731
    exact = lambda v: format(v, ".9g") if options.float else repr(v)[:-2] if repr(v).endswith(".0") else repr(v)  # noqa: E731
    print(f"# Written by tests/programs/programs.py {' '.join(sys.argv[1:])}, with PyTorch {torch.__version__}. See there.")
    bound = 1e-4 if options.float else 1e-10
    number, rejected = 0, 0
    while number < options.count:
        steps, leaves = generator.grow()
        values, L, g, h, size, h_size = derive(steps, leaves)
        otherwise = decided_otherwise(steps, values)
        if otherwise == "second":
            h = None
        if generator.special and cancels(steps, values):
            continue
        if otherwise == "all" or (otherwise and not torch.isfinite(g).all()):
            continue
        if generator.special and not (torch.isfinite(g).any() and (g != 0).any()) and generator.random.random() < 0.9:
            continue
        one = lambda v: torch.tensor(v, dtype=D)  # noqa: E731
        stable = True
        for _ in range(2):
            _, L2, g2, h2, _, _ = derive(steps, [generator.nudge(v) for v in leaves], generator.random, generator.unit)
            stable = stable and (agree(one(L), one(L2), size, bound) and agree(g, g2, size, bound) and
                                 (h is None or agree(h, h2, h_size, bound)))
        if not stable:
            rejected += 1
            continue
        lines, leaf = [f"@ {number}"], iter(leaves)
        for name, args in steps:
            if name in "vc":
                v = next(leaf)
                lines.append(" ".join([name, shape_text(v.shape)] + [exact(n) for n in v.reshape(-1).tolist()]))
            else:
                lines.append(" ".join([name] + [str(int(a)) if isinstance(a, Operand) else f"#{float(a)!r}"
                                                if isinstance(a, Number) else f":{a}" for a in args]))
        lines.append(f"= {shape_text(values[-1].shape)} {text(L)} {size:.2g}")
        lines.append(" ".join(["g"] + [text(n) for n in g.tolist()]))
        if h is not None and (options.digits > 16 or number % 3 == 0):
            lines.append(" ".join([f"h {h_size:.2g}"] + [text(n) for n in h.tolist()]))
        print("\n".join(lines))
        number += 1
    print(f"{number} programs, {rejected} left out", file=sys.stderr)


if __name__ == "__main__":
    main()
