#!/bin/bash
# Makes the one account from REGISTRY_USER and REGISTRY_PASSWORD. A file of accounts mounted at
# /run/registry/htpasswd is used instead when REGISTRY_USER is not set.
set -euo pipefail

if [[ -n ${REGISTRY_USER:-} ]]; then
  : "${REGISTRY_PASSWORD:?is not set, though REGISTRY_USER is}"
  install -d -m 0700 /run/registry
  htpasswd -iBc /run/registry/htpasswd "$REGISTRY_USER" <<<"$REGISTRY_PASSWORD" 2>/dev/null
  # docker-registry reads every REGISTRY_* variable as a setting.
  unset REGISTRY_USER REGISTRY_PASSWORD
fi
exec "$@"
