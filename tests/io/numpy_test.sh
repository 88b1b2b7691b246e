#!/usr/bin/env bash
# Arrays that NumPy has written come back to it the same, through npz and npy files, compressed and in zip64 too.
set -euo pipefail
python=/usr/bin/python3
[ -x "$python" ] || python=python3
"$python" -c 'import numpy' 2> /dev/null || { echo "skipped: no numpy" && exit; }
mkdir -p "$SCRATCH"
cd "$SCRATCH"
zlib=()
if echo '#include <zlib.h>' | "$CXX" -E -x c++ - > /dev/null 2>&1; then zlib=(-lz); fi
# shellcheck disable=SC2086
"$CXX" -std=c++20 -O0 ${SANITIZE:-} -I"$ROOT/include" "$ROOT/tests/io/numpy.cpp" -o numpy ${zlib[@]+"${zlib[@]}"}
cat > arrays.py << 'PYTHON'
import sys
import numpy as np

rng = np.random.default_rng(0)
types = "?", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8"
arrays = {}
for dtype in types:
    for shape in (), (1,), (0, 3), (2, 3), (4, 1, 3), (2, 1, 2, 1, 3, 1):
        name = f"{dtype}{len(shape)}"
        arrays[name] = rng.normal(size=shape).astype(dtype) if dtype[0] == "f" else rng.integers(
            0, 2 if dtype == "?" else 100, size=shape).astype(dtype)
        arrays[name + "F"] = np.asfortranarray(arrays[name])
        arrays[name + ">"] = arrays[name].astype(arrays[name].dtype.newbyteorder(">"))
single = rng.normal(size=(5, 3, 2))
if sys.argv[1] == "write":
    np.savez("arrays.npz", **arrays)
    np.savez_compressed("packed.npz", **arrays)
    np.save("c.npy", single)
    np.save("fortran.npy", np.asfortranarray(single))
    np.save("big.npy", single.astype(">f8"))
else:
    for file in "arrays_back.npz", "packed_back.npz", "zip64_back.npz":
        back = np.load(file)
        assert set(back.files) == set(arrays), file
        for name, array in arrays.items():
            wanted = array.astype("f4") if array.dtype.itemsize == 2 and array.dtype.kind == "f" else array
            assert back[name].dtype == wanted.dtype.newbyteorder("="), name
            assert back[name].shape == wanted.shape and np.array_equal(back[name], wanted), name
    for file in "c_back.npy", "fortran_back.npy", "big_back.npy":
        assert np.array_equal(np.load(file), single), file
    if open("c_back.npy", "rb").read() != open("c.npy", "rb").read():
        print("note: this NumPy writes other bytes for the same array")
PYTHON
"$python" arrays.py write
./numpy
"$python" arrays.py check
