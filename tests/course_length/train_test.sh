#!/usr/bin/env bash
# train: a network that is kept in a file and asked there, and a training that Ctrl-C does not lose.
. "$ROOT/tests/course_length/cases.sh" || exit 1

train() { "$COURSE_LENGTH" train --data "$data" "$@"; }
ask() { "$COURSE_LENGTH" predict --pages 84 --words 3388 "$@"; }

train --save model.safetensors > trained.txt 2> errors.txt
case_of "a network is trained and saved in silence" [ "$? $(wc -c < errors.txt)" = "0 0" ]
case_of "it says how well" grep -Eq \
  '^trained after [0-9]+ epochs; best was epoch [0-9]+, validation error [0-9.]+ min\^2; saved to model.safetensors$' trained.txt
ask --model model.safetensors > answer.txt
case_of "the saved network answers" awk 'NR == 1 { exit !($1 > 90 && $1 < 190 && $2 == "minutes") }' answer.txt
train --save again.safetensors > again.txt
case_of "the same seed gives the same file" cmp model.safetensors again.safetensors
train --seed 7 --save other.safetensors > other.txt
case_of "another seed gives another file" [ "$(cmp -s model.safetensors other.safetensors; echo $?)" = 1 ]

train --title --save title.safetensors > title.txt
ask --title 'Machine Learning' --model title.safetensors > title_answer.txt
case_of "a network may look at titles" grep -Eq '^[0-9]+ minutes$' title_answer.txt
case_of "and then asks for one" [ "$(ask --model title.safetensors 2>&1)" = \
  'course_length: "title.safetensors" looks at the title: give --title' ]
case_of "a missing model is named" [ "$(ask --model none.safetensors 2>&1)" = \
  'minigrad: read_safetensors: "none.safetensors": cannot open: No such file or directory' ]
case_of "a saved network takes no data" [ "$(ask --model model.safetensors --seed 3 2>&1)" = \
  'course_length: --model is a trained network: --data and --seed are for training' ]

"$COURSE_LENGTH" export --model model.safetensors --onnx model.onnx > exported.txt 2>&1
case_of "the network is written as an ONNX file" grep -qx \
  'exported to model.onnx: from rows of pages, words, words/pages to minutes, in double' exported.txt
case_of "which is one" [ "$(head -c 2 model.onnx | od -An -tx1 | tr -d ' ')" = 0808 ]
case_of "a missing model is not exported" [ "$("$COURSE_LENGTH" export --model none.safetensors --onnx no.onnx 2>&1)" = \
  'minigrad: read_safetensors: "none.safetensors": cannot open: No such file or directory' ]
case_of "and nothing is written" [ ! -e no.onnx ]

# A training without end, until Ctrl-C: then the network of this moment, or a checkpoint, is what remains.
interrupt() {  # FILE COMMAND...: runs the command, and interrupts it once the file is there
  local file=$1 tries=0
  shift
  "$COURSE_LENGTH" train --data "$data" --epochs 999999999 --patience 0 --save "$@" > interrupted.txt &
  local child=$!
  until [ -e "$file" ] || [ $((tries += 1)) -gt 600 ]; do sleep 0.1; done  # a minute at most
  kill -INT $child
  wait $child
}
# A shell without job control starts its children deaf to Ctrl-C.
set -m
interrupt run.safetensors never.safetensors --checkpoint run.safetensors
case_of "Ctrl-C ends the training" [ $? = 0 ]
case_of "and says how to go on" grep -Eq \
  '^interrupted after [0-9]+ epochs; the same command goes on from run.safetensors$' interrupted.txt
case_of "nothing is saved yet" [ ! -e never.safetensors ]
epochs=$(sed 's/interrupted after \([0-9]*\) .*/\1/' interrupted.txt)
train --patience 0 --epochs $((epochs + 2)) --save resumed.safetensors --checkpoint run.safetensors > resumed.txt
case_of "it goes on to the epochs asked for" has resumed.txt "trained after $((epochs + 2)) epochs"
train --patience 0 --epochs $((epochs + 2)) --save whole.safetensors > whole.txt
case_of "to the bits of a training that was not interrupted" cmp resumed.safetensors whole.safetensors
train --patience 5 --save none.safetensors --checkpoint run.safetensors > refused.txt 2>&1
case_of "another training is refused" has refused.txt 'patience is 0 in the file, and 5 here'

finish train
