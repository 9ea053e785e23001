#!/bin/sh
# The part of the official image's entry script that our compose file relies on.
cat >/usr/local/bin/docker-entrypoint.sh <<'SCRIPT'
#!/bin/sh
# First start: a cluster with the user asked for; every start: the server as user postgres.
set -eu

if [ "$(id -u)" = 0 ]; then
    install --directory --mode=700 --owner=postgres --group=postgres "${PGDATA}" /run/postgresql
    POSTGRES_PASSWORD=$(cat "${POSTGRES_PASSWORD_FILE}")
    export POSTGRES_PASSWORD
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "${PGDATA}/PG_VERSION" ]; then
    umask 077
    printf '%s' "${POSTGRES_PASSWORD}" >/tmp/password
    initdb --username="${POSTGRES_USER}" --pwfile=/tmp/password --auth-local=trust \
        --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"${PGDATA}/pg_hba.conf"
    # As in the official image, the server answers on its socket before it is set up.
    pg_ctl start --wait --silent --options="-c listen_addresses=''"
    createdb --username="${POSTGRES_USER}" --maintenance-db=postgres "${POSTGRES_USER}"
    pg_ctl stop --wait --silent
fi
exec "$@" -c listen_addresses='*'
SCRIPT
chmod 755 /usr/local/bin/docker-entrypoint.sh
