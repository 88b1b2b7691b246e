#!/usr/bin/env bash
# opencv.sh COMPILER SCRATCH
#
# Models that minigrad exports give the same outputs in OpenCV's dnn module, for the batch size of their example: to
# 1e-5 relative plus 1e-6. OpenCV computes in float.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
compiler=$1 scratch=$2
python=/usr/bin/python3
[ -x "$python" ] || python=python3
"$python" -c 'import cv2' 2> /dev/null || { echo "skipped: no cv2 (Debian: python3-opencv)" && exit; }
mkdir -p "$scratch"
cd "$scratch"
[ -x onnx ] || "$compiler" -std=c++20 -O0 -I"$root/include" "$root/tests/io/onnx.cpp" -o onnx
./onnx > names
mapfile -t names < names
"$python" "$root/tests/io/opencv.py" "${names[@]}"
