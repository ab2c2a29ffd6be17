#!/bin/sh
# Make the folder for all that is written, and the bytecode of the dashboard, which a read-only disk cannot keep later.
# docs/hosting/image/prepare.sh DATA
set -eu
data=$1
cd "$(dirname "$0")/../../.."

mkdir -p "$data"
chmod 700 "$data"
if [ "$(id -u)" = 0 ]; then
    chown 1000:1000 "$data"
fi
python3 -m compileall -q app.py pages tlcore ui
