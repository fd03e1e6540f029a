#!/bin/bash
# The part of the official entrypoint that TraceHub relies on.
set -euo pipefail

[[ ${1:-} != -* ]] || set -- postgres "$@"
[[ ${1:-} == postgres ]] || exec "$@"

if ((EUID == 0)); then
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
  exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
fi

fail() {
  echo >&2 "$*"
  exit 1
}

# POSTGRES_PASSWORD, or what the file named by POSTGRES_PASSWORD_FILE holds.
password() {
  if [[ -n ${POSTGRES_PASSWORD_FILE:-} ]]; then
    [[ -z ${POSTGRES_PASSWORD:-} ]] ||
      fail 'error: both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set (but are exclusive)'
    cat -- "$POSTGRES_PASSWORD_FILE"
  else
    printf '%s' "${POSTGRES_PASSWORD:-}"
  fi
}

# A cluster is made in a directory of its own inside the volume and moved up when it is whole.
# The directory goes last, so while it exists the volume holds no cluster that ever served.
initialise() {
  local new=$PGDATA/.initdb user=${POSTGRES_USER:-postgres} secret
  local database=${POSTGRES_DB:-$user}

  secret=$(password)
  [[ -n $secret ]] ||
    fail 'Error: Database is uninitialized and superuser password is not specified.' \
      'Set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE to a non-empty value.'

  if [[ -e $new ]]; then
    echo >&2 'an earlier initialisation was interrupted: starting it again'
    find "$PGDATA" -mindepth 1 -delete
  fi
  [[ -z $(find "$PGDATA" -mindepth 1 -print -quit) ]] ||
    fail "error: $PGDATA holds files but no PostgreSQL cluster; expected a cluster or an empty directory"
  mkdir -m 0700 "$new"
  # --no-sync saves a second; a killed container, unlike a power cut, loses no page cache.
  # shellcheck disable=SC2086 # POSTGRES_INITDB_ARGS is a list of words, as in the official image
  initdb --no-sync --username="$user" --pwfile=<(printf '%s\n' "$secret") ${POSTGRES_INITDB_ARGS:-} "$new"
  # initdb trusts the socket and the container's own loopback; everyone else needs the password.
  printf '\nhost all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$new/pg_hba.conf"
  # Single-user mode needs no second server, which a health check could mistake for the real one.
  [[ $database == postgres ]] ||
    postgres --single -j -D "$new" postgres <<<"CREATE DATABASE \"${database//\"/\"\"}\";" >/dev/null
  find "$new" -mindepth 1 -maxdepth 1 -exec mv -t "$PGDATA" -- '{}' +
  rmdir "$new"
}

[[ -s $PGDATA/PG_VERSION && ! -e $PGDATA/.initdb ]] || initialise
unset POSTGRES_PASSWORD
exec "$@"
