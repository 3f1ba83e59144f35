#!/bin/sh
# Waits until MySQL accepts the login that Milvus is about to make, and says why when it never will: the server itself
# only reports that it can't connect, and mishards stops discovering readers that were not up when it saw them.
#
#   MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_DATABASE   where and as whom
#   MYSQL_PWD                                            the password; the mysql client reads it by itself
#   CREDENTIALS_FROM                                     the Secret that holds it, named in messages
#   WAIT_SECONDS                                         how long to wait (300)
#
# Exits 0 once the login works, 1 when waiting would not help or the time is up; the reason is on stderr.
set -eu

# As PID 1 of an init container a shell would ignore SIGTERM and hold up the deletion of its pod.
trap 'exit 143' TERM INT

say() { echo "wait-for-mysql: $*" >&2; }
fail() {
  say "$*"
  exit 1
}

set +u # this may be missing
limit=$WAIT_SECONDS
set -u
[ -n "$limit" ] || limit=300
server=$MYSQL_HOST:$MYSQL_PORT

# --no-defaults has to come first. TLS is off because Milvus 1.1.1 has none: a login that only works with it is no good.
# "loose", for MariaDB's client does not know that option and has TLS off anyway.
query() {
  mysql --no-defaults --loose-ssl-mode=DISABLED --protocol=TCP --connect-timeout=5 \
    --host="$MYSQL_HOST" --port="$MYSQL_PORT" --user="$MYSQL_USER" -N -B -e "$1" "$MYSQL_DATABASE" 2>&1
}

native="ALTER USER '$MYSQL_USER'@'%' IDENTIFIED WITH mysql_native_password BY '...'"

# The client of Milvus 1.1.1 knows no other plugin than mysql_native_password, while ours may: so look, where we may.
refuse_modern_plugin() {
  account=$(query 'SHOW CREATE USER CURRENT_USER()') || return 0
  case $account in
    *caching_sha2_password* | *sha256_password* | *ed25519*)
      fail "user '$MYSQL_USER' at $server logs in with a plugin that the client of Milvus 1.1.1 does not have: $native"
      ;;
  esac
}

# Why nobody answers, from the client's error: the name, the network and the server have three different cures.
cause_of() {
  case $1 in
    'ERROR 2005 '*)
      echo "the name $MYSQL_HOST does not resolve: is it spelled right, with its namespace? Then DNS does not answer: does a NetworkPolicy block it (port 53)? Client: $1"
      ;;
    # The second is what MariaDB's client says.
    *'(111)'* | *'(115)'*)
      echo "nothing listens there, or no pod behind the Service is ready: has MySQL started, is the port right? Client: $1"
      ;;
    'ERROR 2002 '* | 'ERROR 2003 '* | 'ERROR 2013 '*)
      echo "it does not answer: is the address right, does a NetworkPolicy or firewall block it? Client: $1"
      ;;
    *) echo "$1" ;;
  esac
}

began=$(date +%s)
since=$(date -u '+%H:%M:%S UTC')
deadline=$((began + limit))
previous=
told=0
while :; do
  if answer=$(query 'SELECT 1'); then
    refuse_modern_plugin
    exit 0
  fi
  error=$(printf '%s\n' "$answer" | grep '^ERROR' | tail -n 1) || error=
  [ -n "$error" ] || error=$(printf '%s\n' "$answer" | tail -n 1)
  case $error in
    'ERROR 1045 '* | 'ERROR 1698 '*)
      fail "$server refuses user '$MYSQL_USER' with the password in Secret '$CREDENTIALS_FROM': correct the Secret, or set the user's password to match (if they match: REQUIRE SSL or require_secure_transport refuses it too, and Milvus 1.1.1 has no TLS to MySQL)"
      ;;
    'ERROR 1044 '*)
      fail "user '$MYSQL_USER' may not use database '$MYSQL_DATABASE' at $server, or it does not exist: CREATE DATABASE \`$MYSQL_DATABASE\`; GRANT ALL ON \`$MYSQL_DATABASE\`.* TO '$MYSQL_USER'@'%'"
      ;;
    'ERROR 1049 '*)
      fail "there is no database '$MYSQL_DATABASE' at $server, and Milvus does not create it: CREATE DATABASE \`$MYSQL_DATABASE\`"
      ;;
    'ERROR 1130 '*)
      fail "no user of MySQL at $server may log in from this pod: create '$MYSQL_USER'@'%', not @'localhost'"
      ;;
    'ERROR 2059 '* | 'ERROR 2061 '* | 'ERROR 1251 '*)
      fail "user '$MYSQL_USER' at $server uses an authentication plugin that does not work here (as caching_sha2_password, MySQL 8's default), nor in the client of Milvus 1.1.1: $native"
      ;;
    'ERROR 3159 '*)
      fail "MySQL at $server accepts TLS only (require_secure_transport), and Milvus 1.1.1 has no TLS to MySQL: SET GLOBAL require_secure_transport = OFF, or use another server"
      ;;
  esac
  now=$(date +%s)
  cause=$(cause_of "$error")
  if [ "$error" != "$previous" ]; then
    say "waiting for $server: $cause"
    previous=$error
    told=$now
  elif [ "$((now - told))" -ge 60 ]; then
    say "still waiting for $server, since $since ($((now - began)) s): $cause"
    told=$now
  fi
  if [ "$now" -ge "$deadline" ]; then
    fail "gave up after $limit s on MySQL at $server: $cause"
  fi
  sleep 3
done
