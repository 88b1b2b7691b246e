#!/usr/bin/env bash
# Each rule that tests/mutation.sh breaks stands in the headers as its list says, so that a run, which takes long, breaks
# all of them.
set -euo pipefail
bash "${ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}/tests/mutation.sh" --check
