#!/usr/bin/env bash
# Figures in docs/testing.md that files of this checkout decide: how many ops, cases, rules there are. Whoever adds one
# changes the page.
set -euo pipefail
root=${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
cd "$root"
passed=0 failed=0

figure() {  # figure NUMBER TEXT: the page has "NUMBER TEXT"
  local number
  number=$(sed -E ':again; s/^([0-9]+)([0-9]{3})/\1,\2/; t again' <<< "$1")
  if tr '\n' ' ' < docs/testing.md | grep -qF -e " $number $2"; then
    passed=$((passed + 1))
  else
    echo "docs/testing.md does not say: $number $2"
    failed=$((failed + 1))
  fi
}
cases() { sed -E '/^#/d; s/ .*//' "tests/fixtures/$1.txt" | grep -E "^($2)/" | sort -u | wc -l; }  # cases FIXTURE KINDS

# As tests/graph/gradient_list_test.cpp does: what the headers record, but for the tape's and what has no derivative.
ops=$(find include/minigrad -name '*.hpp' ! -path '*/scalar/*' -exec sed 's|//.*||' {} + | tr -s '\n ' ' ' |
  grep -oE '(elementwise|record|record_many)\( ?"[a-z_0-9]+"' | grep -oE '"[a-z_0-9]+"' |
  grep -vxE '"(argmax|argmin|require|stop_gradient)"' | sort -u | wc -l)
figure "$ops" "ops that the headers record"
figure "$(cases ops 'one|two|reduce|move|product')" "cases: values, gradients and second derivatives of the op table"
figure "$(cases losses 'mse|l1|huber|bce_with_logits|cross_entropy|nll')" "cases: each loss and reduction"
figure "$(cases more_losses '[a-z0-9_]+')" "cases of the losses included by name"
figure "$(cases optim 'sgd|adagrad|rmsprop|adamw?|nadam|radam|adamax|adadelta|rprop')" "cases of optimizers over 100 steps"
figure "$(cases optim 'step|exponential|cosine|warmup|plateau|together|after|sequence')" "of schedules"
figure "$(cases optim 'clip_[a-z]+')" "of clipping"
figure "$(cases metrics '[a-z]+')" "cases | scikit-learn"
passes=tests/conformance/onnx_passes.txt
figure "$(wc -l < $passes)" "of 1,072 published cases pass"
figure "$(grep -vc 'alone$' $passes)" "op by op and $(grep -c load_onnx $passes) as models"
figure "$(awk '/^list=/ { inside = 1; next } /^'\''/ { inside = 0 } inside && / \| /' tests/mutation.sh | wc -l)" "rules, one at a time"

echo "[docs] test cases: $((passed + failed)) | $passed passed | $failed failed"
[ $failed -eq 0 ]
