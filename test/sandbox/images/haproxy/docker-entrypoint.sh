#!/bin/sh
# As in the official image: flags alone mean haproxy, which runs as master and worker.
set -e

[ "${1#-}" = "$1" ] || set -- haproxy "$@"
if [ "$1" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
