#!/bin/sh
# The readiness probe of the mysql container: can the user that Milvus is log in and run a query? A password that is
# refused is an answer as well. While it is changed, the file has the old one for a minute or two after the server has
# the new one, and the Service has to keep its address for those who know it. Whoever logs in says what is wrong.
#
#   MYSQL_USER, MYSQL_DATABASE   as whom, and on what
#   MYSQL_PASSWORD_FILE          a file with the password
#   MYSQL_PORT                   3306 when not set
#
# Exits with the client's code; its error goes to stderr, and from there into the pod's events.
set -eu

set +u # this may be missing
port=$MYSQL_PORT
set -u
[ -n "$port" ] || port=3306
MYSQL_PWD=$(cat "$MYSQL_PASSWORD_FILE")
export MYSQL_PWD

# Over TCP, because while the image initializes its data directory the server answers on the socket alone.
code=0
error=$(mysql --no-defaults --protocol=TCP --host=127.0.0.1 --port="$port" --connect-timeout=4 \
  --user="$MYSQL_USER" -N -B -e 'SELECT 1' "$MYSQL_DATABASE" 2>&1 >/dev/null) || code=$?
[ -z "$error" ] || printf '%s\n' "$error" >&2
case $error in
  *'ERROR 1045 '*) exit 0 ;;
esac
exit "$code"
