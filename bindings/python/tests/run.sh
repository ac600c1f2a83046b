#!/bin/sh
# Builds and installs the package in a venv of its own, build/python-venv, and runs its tests and linters.
set -eu
cd "$(dirname "$0")/../../.."
venv=$PWD/build/python-venv
[ -x "$venv/bin/python3" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet scikit-build-core==1.1.2 pytest==9.2.0 mypy==2.4.1 ruff==0.17.6 ninja \
  flask==3.1.3 django==5.2.19 django-stubs==6.1.2 starlette==1.10.0 "uvicorn[standard]==0.54.0" httpx==0.28.1 websockets==17.4 \
  redis==5.2.1 itsdangerous==2.2.0 starlette-sessions==0.3.0 \
  cffi==2.0.0
"$venv/bin/pip" install --quiet -C build-dir=../../build/python ./bindings/python
cd bindings/python
"$venv/bin/python3" -m pytest --quiet
"$venv/bin/mypy"
"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
