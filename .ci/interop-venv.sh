#!/usr/bin/env bash
# Makes a Python environment with other people's clients, for the interoperability tests, and prints the path of its interpreter.
# Versions are fixed. Fails loudly when PyPI cannot be reached: a test that is skipped without a word proves nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${GATEHOUSE_INTEROP_VENV:-.build/interop-venv}
packages=(http-message-signatures==3.0.0 Authlib==1.9.10 requests==2.34.2 requests-oauthlib==2.0.0 prometheus-client==0.26.0)
stamp="$venv/made-of"
mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock 9
if [[ ! -e $stamp || $(cat "$stamp") != "${packages[*]}" ]]; then
  rm -rf "$venv"
  python3 -m venv "$venv" || { echo "error: python3 with venv is needed (Debian: apt-get install python3-venv)" >&2; exit 1; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2 || {
    rm -rf "$venv"
    echo "error: PyPI could not be reached, or lacks one of: ${packages[*]}. The interoperability tests need them." >&2
    exit 1
  }
  echo "${packages[*]}" >"$stamp"
fi
echo "$PWD/$venv/bin/python"
