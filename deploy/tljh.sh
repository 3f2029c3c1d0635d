#!/usr/bin/env bash
# Sets up The Littlest JupyterHub, which is installed already, for vmlab: as root, on its machine.
#     deploy/tljh.sh [WHEEL]      (vmlab from the package index, or a wheel of yours)
# A student takes about 210 MB after a lesson: 30 students fit into 8 GB.
set -euo pipefail

/opt/tljh/user/bin/pip install --upgrade "${1:-vmlab}" nbgitpuller
/opt/tljh/user/bin/vmlab doctor

tljh-config set limits.memory 700M
tljh-config set limits.cpu 2
tljh-config set user_environment.default_app jupyterlab
tljh-config set services.cull.enabled true
tljh-config set services.cull.timeout 1800
tljh-config set services.cull.every 300
tljh-config set services.cull.max_age 28800
tljh-config reload
