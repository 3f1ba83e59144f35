#!/bin/sh
# Starts the MySQL server by the entrypoint of its image, which makes the data first where there is none. That takes a
# while, and what is interrupted in it is never made up for: the entrypoint takes half a directory for a complete one, and
# the server comes up without the user that Milvus is, or not at all. So a file says that a first start is not over. A
# start that finds it deletes what there is, and begins anew.
#
#   MYSQL_DATA   the directory of the data (/var/lib/mysql)
#
# Arguments: those of mysqld. Exits with its code.
set -eu

set +u # this may be missing
data=$MYSQL_DATA
set -u
[ -n "$data" ] || data=/var/lib/mysql
unfinished=$data/.cdk8s-milvus-first-start

say() { echo "mysql-start: $*" >&2; }

# Any table that is not the server's own. An empty database is a directory with db.opt at most.
has_tables() {
  for database in "$data"/*/; do
    case $database in
      */mysql/ | */performance_schema/ | */sys/ | */lost+found/ | */'#'*) continue ;;
    esac
    # shellcheck disable=SC2010 # names of tables are encoded, in ASCII
    if ls -A "$database" 2>/dev/null | grep -qv '^db\.opt$'; then return; fi
  done
  return 1
}

if [ -e "$unfinished" ] && has_tables; then
  say "the first start was interrupted, but there are tables: nothing is deleted, and nothing is made up for"
  rm -f "$unfinished"
elif [ -e "$unfinished" ]; then
  say "the first start was interrupted; nothing is stored yet, so it begins anew"
  for entry in "$data"/* "$data"/.[!.]*; do
    case $entry in
      "$unfinished" | */lost+found) ;;
      *) rm -rf "$entry" ;;
    esac
  done
elif [ ! -d "$data/mysql" ]; then
  : >"$unfinished"
fi

# Not exec: as PID 1 the entrypoint, a shell without a trap, would ignore SIGTERM, and its pod take all of its grace
# period to go. As a child it ends at once, and what it has become at last, mysqld, shuts down in order.
child=
stopping=
trap 'stopping=true; [ -z "$child" ] || kill -s TERM "$child" 2>/dev/null || :' TERM INT
docker-entrypoint.sh mysqld "$@" &
child=$!
[ -z "$stopping" ] || kill -s TERM "$child" 2>/dev/null || :

# The entrypoint becomes the server when its work is done.
while name=$(cat "/proc/$child/comm" 2>/dev/null); do
  if [ "$name" = mysqld ]; then
    rm -f "$unfinished"
    break
  fi
  sleep 0.5
done &

code=0
wait "$child" || code=$?
# A signal ends the wait, not the server.
while kill -0 "$child" 2>/dev/null; do
  code=0
  wait "$child" || code=$?
done
exit "$code"
