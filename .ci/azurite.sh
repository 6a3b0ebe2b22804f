#!/usr/bin/env bash
# Installs Azurite, the server that tests of transfers send to, in the user's cache folder: pinned, and only where it is
# missing. Its manifest asks for a newer Node than the part for blobs needs.
set -euo pipefail
version=3.37.0
folder="${VHDPS_AZURITE:-$HOME/.cache/vhdps/azurite-$version}"
script="node_modules/azurite/dist/src/blob/main.js"
[ -f "$folder/$script" ] && exit 0

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    sudo=""
    [ "$(id -u)" -eq 0 ] || sudo="sudo"
    $sudo apt-get update -q
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends nodejs npm
fi

# Under another name until it is whole, so that an install that was cut off is none.
mkdir -p "$(dirname "$folder")"
partial="$(mktemp -d "$folder.XXXXXX")"
trap 'rm -rf "$partial"' EXIT
npm install --prefix "$partial" --ignore-scripts --no-audit --no-fund --omit=dev --loglevel=error "azurite@$version"
[ -f "$partial/$script" ]
rm -rf "$folder"
mv "$partial" "$folder"
