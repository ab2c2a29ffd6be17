#!/bin/sh
# Install what running needs into a virtual environment: docs/hosting/image/install.sh ENVIRONMENT
#
# TORCH_INDEX, if set, is the address of an index of wheels; torch and torchvision come from there, and nothing else.
# That is how they come without the libraries of CUDA, which are two thirds of all bytes.
set -eu
environment=$1
cd "$(dirname "$0")/../../.."

python3 -m venv "$environment"
if [ -n "${TORCH_INDEX:-}" ]; then
    torch=$(grep -E '^torch(vision)?[<>=]' requirements.txt)
    # shellcheck disable=SC2086  # one argument for each line
    "$environment/bin/pip" install --no-cache-dir --quiet --no-deps --index-url "$TORCH_INDEX" $torch
fi
"$environment/bin/pip" install --no-cache-dir --quiet --requirement requirements.txt

# 0.25 GB that no running program opens: the tests of packages, and the headers for extensions of torch
packages=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for name in networkx numpy pandas pyarrow scipy sklearn sympy; do
    if [ -d "$packages/$name" ]; then
        find "$packages/$name" -type d -name tests -prune -exec rm -r {} +
    fi
done
rm -rf "$packages/torch/include"
