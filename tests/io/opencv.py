"""opencv.py NAME...: runs NAME.onnx in OpenCV's dnn module on NAME_input.npy, and compares with NAME_output.npy."""
import sys

import cv2
import numpy as np

# What OpenCV 4.6 does not import, or computes otherwise than ONNX says.
LEFT_OUT = {
    "tokens": "no import of Gather from an initializer",
    "token_sequences": "no import of Gather from an initializer",
    "shapes": "no import of Gather from an initializer",
    "attention": "no input of three axes: Python's are taken for matrices with channels",
    "parts": "no input of three axes: Python's are taken for matrices with channels",
    "averages": "other means than ONNX's with count_include_pad",
    "line": "no pooling of images with one axis",
    "not_affine": "no import of sums of computed constants",
    "three_axes": "no product of three axes with a matrix",
    "double": "no double",
    "tied": "no product with a matrix that is used twice",
    "reductions": "no import of ReduceSum, whose axes are an input since opset 13",
    "rows": "no import of ReduceSum, whose axes are an input since opset 13",
    "masks": "no import of Clip with bounds that are constants",
    "running_sums": "no input of three axes: Python's are taken for matrices with channels",
    "products": "no input of three axes: Python's are taken for matrices with channels",
    "triangles": "no import of Trilu",
    "turned": "no import of Slice from the end to the beginning",
    "ends_of_the_batch": "no import of Slice from the end to the beginning",
    "sorted": "no import of TopK",
    "picked": "no import of GatherElements",
    "picked_all": "no import of GatherElements",
    "added": "no import of Expand to a shape that is computed",
}

failed = agree = 0
for name in sys.argv[1:]:
    x, wanted = np.load(name + "_input.npy"), np.load(name + "_output.npy")
    try:
        net = cv2.dnn.readNetFromONNX(name + ".onnx")
        net.setInput(x.astype(np.float32))
        y = net.forward()
        worst = float(np.max(np.abs(y.reshape(wanted.shape) - wanted) / (1e-6 + 1e-5 * np.abs(wanted))))
        result = f"the largest difference is {worst:.2f} of what is allowed"
        right = worst <= 1
    except (cv2.error, ValueError) as error:
        result, right = " ".join(str(error).split())[:200], False
    agree += right
    if right == (name in LEFT_OUT):
        failed += 1
        print("FAILED", end=" ")
    print(f"{name}: {LEFT_OUT.get(name, result)}")
print(f"OpenCV {cv2.__version__}: {agree} models agree, {len(sys.argv) - 1 - agree} do not or are left out")
sys.exit(failed > 0)
