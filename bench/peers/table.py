"""The steps of bench/table.cpp by pandas and scikit-learn: python3 bench/peers/table.py FILE (written by bench/table)."""

import sys
import time

import numpy
import pandas
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

before = time.perf_counter()
total = 0


def done(step):
    global before, total
    ms = 1000 * (time.perf_counter() - before)
    print(f"{step:12} {ms:7.1f} ms")
    total += ms
    before = time.perf_counter()


every = pandas.read_csv(sys.argv[1])
done("read")
table = every.dropna()
done("drop missing")
x = table.drop(columns=["kind"]).to_numpy(numpy.float32)
y, names = pandas.factorize(table["kind"], sort=True)
done("to numbers")
train_x, validation_x, train_y, validation_y = train_test_split(x, y, test_size=0.25, random_state=0, stratify=y)
done("split")
scaler = StandardScaler()
train_x, validation_x = scaler.fit_transform(train_x), scaler.transform(validation_x)
done("standardise")
print(f"{'all':12} {total:7.1f} ms")
print(f"{len(train_x)} + {len(validation_x)} rows, {train_x.shape[1]} features, pandas {pandas.__version__}")
