#!/bin/sh
# Compares the cells with PyTorch, Keras, Flax, ONNX and transformers, then runs each snippet on the
# oldest Python and NumPy that the pages name: sh tests/parity/run.sh
# One module of this folder alone: sh tests/parity/run.sh oldest, and likewise compare, tower, drawn,
# freeze, speed, which times the cells of docs/fast.md, or scaling, which takes the option --write.
#
# There are two environments, made when they are missing or old: .cache/parity has the libraries, and
# .cache/oldest the oldest NumPy.
# PyTorch is pinned but not hashed: where it comes from, and so whether the file is the one for
# graphics cards, depends on how pip is set up. On Python 3.11 it can be the small one.
set -eu
cd "$(dirname "$0")/../.."

torch='torch==2.13.0'
fail() { echo "$*" >&2; exit 1; }

find_python() {
  for candidate in ${PARITY_PYTHON:-python3.11 "$HOME"/.pyenv/versions/3.11.*/bin/python \
    /usr/local/bin/python3.11 /usr/bin/python3.11 python3 python}; do
    if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info[:2] != (3, 11))' \
      2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  fail "Python 3.11 with its venv module is needed to compare the cells with other libraries;" \
    "PARITY_PYTHON may name it."
}

# install VENV LOCK NAMES [PACKAGE]: makes .cache/VENV of what is locked, and one package more
install() {
  venv=.cache/$1 log=.cache/$1.log
  wanted=$(cat "$2" && echo "${4:-}")
  if [ "$wanted" != "$(cat "$venv/wanted.txt" 2>/dev/null)" ]; then
    python=$(find_python)
    echo "Installing $3 in $venv, once ..." >&2
    mkdir -p .cache
    "$python" -m venv --clear "$venv"
    pip="$venv/bin/python -m pip --disable-pip-version-check install --quiet"
    { $pip --require-hashes --no-deps -r "$2" && { [ -z "${4:-}" ] || $pip "$4"; }; } >"$log" 2>&1 ||
      fail "$3 could not be installed: what pip said is in $log."
    echo "$wanted" >"$venv/wanted.txt"
  fi
}

run() {
  if [ "$1" = oldest ]; then
    install oldest tests/parity/oldest.txt "the oldest NumPy"
  else
    install parity tests/parity/requirements.txt "PyTorch, Keras, Flax, ONNX and transformers" "$torch"
  fi
  module=$1
  shift
  "$venv/bin/python" -B -m "tests.parity.$module" "$@"
}

if [ $# -gt 0 ]; then
  run "$@"
else
  run compare
  run oldest
fi
