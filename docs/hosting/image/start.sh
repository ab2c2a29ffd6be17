#!/bin/sh
# Start the hosted dashboard. PORT is its port; ADDRESS is where it listens, by default on all addresses.
set -eu
cd "$(dirname "$0")/../../.."
export TLCORE_HOSTED="${TLCORE_HOSTED:-demo}"
exec streamlit run app.py --server.address "${ADDRESS:-0.0.0.0}" --server.port "${PORT:-8501}" --server.headless true
