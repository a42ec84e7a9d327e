#!/bin/sh
# Makes ./configure. Needs autoconf, automake and libtool.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf --install --force --warnings=all
