#!/bin/sh
# The readiness probe of the mysql container: can the user that Milvus is log in and run a query? A password that is
# refused is an answer as well. While it is changed, the file has the old one for a minute or two after the server has
# the new one, and the Service has to keep its address for those who know it. Whoever logs in says what is wrong.
#
# A user that does not exist is refused with the same words, and never comes: the first start was interrupted before it
# was made. Where there is nothing to lose, it is made here.
#
#   MYSQL_USER, MYSQL_DATABASE   as whom, and on what
#   MYSQL_PASSWORD_FILE          a file with the password
#   MYSQL_ROOT_PASSWORD_FILE     a file with that of root, who is asked about the user
#   MYSQL_PORT                   3306 when not set
#   MYSQL_UNIX_PORT              the socket where root may log in; that of the image when not set
#
# Exits with the client's code; its error goes to stderr, and from there into the pod's events.
set -eu

set +u # these may be missing
port=$MYSQL_PORT
socket=$MYSQL_UNIX_PORT
set -u
[ -n "$port" ] || port=3306
[ -n "$socket" ] || socket=/var/run/mysqld/mysqld.sock
password=$(cat "$MYSQL_PASSWORD_FILE")

# Over TCP, because while the image initializes its data directory the server answers on the socket alone.
log_in() {
  MYSQL_PWD=$password mysql --no-defaults --protocol=TCP --host=127.0.0.1 --port="$port" --connect-timeout=4 \
    --user="$MYSQL_USER" -N -B -e 'SELECT 1' "$MYSQL_DATABASE"
}

# Runs the statements on stdin as root with the password $1; what goes wrong shows in the exit code alone.
as_root() {
  MYSQL_PWD=$1 mysql --no-defaults --protocol=SOCKET --socket="$socket" --user=root -N -B 2>/dev/null
}

count() {
  as_root "$1" <<SQL
SELECT CONCAT((SELECT COUNT(*) FROM mysql.user WHERE User = '$MYSQL_USER'), ' ',
  (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '$MYSQL_DATABASE'));
SQL
}

# As the image makes them. The password is quoted by the server: in hexadecimal it means nothing to anybody before.
make_user() {
  as_root "$1" <<SQL
SET @password = CONVERT(X'$(printf %s "$password" | od -An -v -tx1 | tr -d ' \n')' USING utf8mb4);
SET @statement = CONCAT('CREATE USER ''$MYSQL_USER''@''%'' IDENTIFIED BY ', QUOTE(@password));
CREATE DATABASE IF NOT EXISTS \`$MYSQL_DATABASE\`;
PREPARE statement FROM @statement;
EXECUTE statement;
GRANT ALL ON \`$(printf %s "$MYSQL_DATABASE" | sed 's/_/\\_/g')\`.* TO '$MYSQL_USER'@'%';
SQL
}

code=0
error=$(log_in 2>&1 >/dev/null) || code=$?
case $error in
  *'ERROR 1045 '*)
    root=$(cat "$MYSQL_ROOT_PASSWORD_FILE")
    if counted=$(count "$root"); then
      case $counted in
        '0 0')
          # Of two probes at a time one may be late: the login says whether the user is there.
          make_user "$root" || :
          code=0
          error=$(log_in 2>&1 >/dev/null) || code=$?
          ;;
        '0 '*)
          error="there is no user '$MYSQL_USER', but database '$MYSQL_DATABASE' has tables, so nothing is changed. As root: CREATE USER '$MYSQL_USER'@'%' IDENTIFIED BY '(the password in the Secret)'; GRANT ALL ON \`$MYSQL_DATABASE\`.* TO '$MYSQL_USER'@'%'"
          ;;
        *) code=0 ;;
      esac
    elif [ "$(count '')" = '0 0' ]; then
      error="the first start was interrupted: root has no password, and there is no user '$MYSQL_USER'. Nothing is stored yet: delete the claim of this pod and the pod, and it starts over"
    else
      code=0
    fi
    ;;
esac
[ -z "$error" ] || printf '%s\n' "$error" >&2
exit "$code"
