#!/bin/sh
# Makes .venv hold what the locks that it is called with say: requirements.txt builds the site, and
# requirements-dev.txt has what else proves it. Called by make before every command; does nothing
# while .venv has a copy, written last, of the same files.
set -eu

venv=.venv log=.venv/install.log busy=.cache/install
say() { echo "$*" >&2; }
fail() { say "$*"; exit 1; }
holds() { for lock; do cmp -s "$lock" "$venv/$lock" || return 1; done; }
installed() { [ -x $venv/bin/python ] && holds "$@"; }

if installed "$@"; then exit 0; fi

# A candidate counts if it runs: version managers put names on the PATH that do not.
# First those for which every package has a wheel.
python='' seen=''
for candidate in ${PYTHON:-python3.12 python3.13 python3.14 python3 python}; do
  version=$("$candidate" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
    python=$candidate
    break
  fi
  seen="$seen${seen:+, }$candidate is $version"
done
[ -n "$python" ] || fail "Python 3.12 or newer is needed, but ${seen:-no Python was found}."

"$python" -c 'import ensurepip, venv' 2>/dev/null ||
  fail "$python cannot make a virtual environment: install its venv module (Debian, Ubuntu: python3-venv)."

# Of several commands one installs. Making a link is atomic, and it names the process that made it.
mkdir -p .cache
waited=0
until ln -s $$ $busy 2>/dev/null; do
  owner=$(readlink $busy) || owner=$$ # it has just been removed
  if ! kill -0 "$owner" 2>/dev/null; then
    rm -f $busy # left behind by one that was killed
    continue
  fi
  case $waited in
    0) say "Another command is installing: waiting for it ..." ;;
    600) fail "Process $owner still holds $busy: if it installs nothing, remove that file." ;;
  esac
  waited=$((waited + 1))
  sleep 1
done
trap 'rm -f $busy' EXIT
trap 'exit 130' HUP INT TERM
if installed "$@"; then exit 0; fi

missing=$*
if installed requirements.txt && [ ! -e $venv/requirements-dev.txt ]; then missing=requirements-dev.txt; fi
say "Installing the packages of $(echo $missing | sed 's/ / and /') in $venv: less than a minute, once ..."
if [ "$missing" = "$*" ]; then "$python" -m venv --clear $venv; fi
for lock; do rm -f $venv/$lock; done # if this is killed, the next one starts over
if ! $venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
  --require-hashes --no-deps $(printf ' -r %s' $missing) >$log 2>&1; then
  if grep -q -e 'Retrying (Retry' -e '(from versions: none)' $log; then
    fail "The packages could not be fetched: is there a network? What pip said is in $log."
  elif grep -q 'subprocess-exited-with-error' $log; then
    fail "A package has no wheel for Python $version here, and could not be built: that takes compilers" \
      "for C and Rust, and Python's headers. What pip said is in $log."
  fi
  fail "The packages could not be installed: what pip said is in $log."
fi
$venv/bin/python -m tools.fetch || true # what experiments read; later commands try again
case $missing in # the site compiles the few modules that it imports; the tests' processes would each
  *dev*) $venv/bin/python -m compileall -q -j 0 $venv/lib >>$log 2>&1 || true ;; # compile the same
esac
cp "$@" $venv
