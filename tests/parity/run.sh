#!/bin/sh
# Compares the cells with PyTorch, Keras, Flax and ONNX: sh tests/parity/run.sh
# Other modules of this folder: sh tests/parity/run.sh tower, drawn, freeze or benchmark.
#
# The libraries get an environment of their own, in .cache/parity, made when it is missing or old.
# PyTorch is pinned but not hashed: where it comes from, and so whether the file is the one for
# graphics cards, depends on how pip is set up. On Python 3.11 it can be the small one.
set -eu
cd "$(dirname "$0")/../.."

torch='torch==2.13.0' lock=tests/parity/requirements.txt venv=.cache/parity log=.cache/parity.log
fail() { echo "$*" >&2; exit 1; }

wanted=$(cat $lock && echo "$torch")
if [ "$wanted" != "$(cat $venv/wanted.txt 2>/dev/null)" ]; then
  python=''
  for candidate in ${PARITY_PYTHON:-python3.11 "$HOME"/.pyenv/versions/3.11.*/bin/python \
    /usr/local/bin/python3.11 /usr/bin/python3.11 python3 python}; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' \
      2>/dev/null; then
      python=$candidate
      break
    fi
  done
  [ -n "$python" ] || fail "Python 3.11 with its venv module is needed to compare the cells with" \
    "other libraries; PARITY_PYTHON may name it."
  echo "Installing PyTorch, Keras, Flax and ONNX in $venv: a minute or two, once ..." >&2
  mkdir -p .cache
  "$python" -m venv --clear $venv
  pip="$venv/bin/python -m pip --disable-pip-version-check install --quiet"
  { $pip --require-hashes --no-deps -r $lock && $pip "$torch"; } >$log 2>&1 ||
    fail "The libraries could not be installed: what pip said is in $log."
  echo "$wanted" >$venv/wanted.txt
fi

exec $venv/bin/python -B -m "tests.parity.${1:-compare}"
