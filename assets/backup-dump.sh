#!/bin/sh
# Dumps the database with Milvus' metadata to $WORK_DIR/dump.sql.gz, with its checksum beside it, for backup-upload.sh.
# Only a dump that is complete, and of a database that Milvus has used, ever gets that name. It does nothing where
# backup-objects.sh has all objects of an earlier dump.
#
#   MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_DATABASE   where and as whom
#   MYSQL_PWD                                            the password; the client reads it by itself
#   CREDENTIALS_FROM                                     the Secret that holds it, named in messages
#   WAIT_SECONDS                                         how long to wait for MySQL (60)
#   WORK_DIR                                             shared with backup-upload.sh (/work)
#   DUMP_ANY                                             true: also a database without the tables of Milvus (false)
#
# Needs wait-for-mysql.sh beside it, mysql, mysqldump and gzip. Exits 0, or 1 with the reason on stderr.
set -eu

set +u # these may be missing
work=$WORK_DIR
[ -n "$WAIT_SECONDS" ] || WAIT_SECONDS=60
any=$DUMP_ANY
set -u
[ -n "$work" ] || work=/work
export WAIT_SECONDS
server=$MYSQL_HOST:$MYSQL_PORT

fail() {
  echo "backup-dump: $*; there is no new backup, earlier ones stay" >&2
  exit 1
}

[ ! -e "$work/backup.objects" ] || exit 0
rm -f "$work/dump.sql.gz" "$work/dump.sql.gz.sha256"
scratch=$(mktemp -d "$work/dump.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# Says by itself what is wrong with the address, the login or the database.
sh "$(dirname "$0")/wait-for-mysql.sh"

# --no-defaults has to come first. "loose": MySQL's own client knows these two, MariaDB's only warns about them; GTIDs
# would make the dump unfit for another server, and an 8.0 client asks for statistics that 5.7 does not have.
# No tablespaces, locks and keys, which would need more rights than Milvus does. Into a file, not through a pipe: sh
# only tells how the last command of a pipe ended.
code=0
mysqldump --no-defaults --protocol=TCP --host="$MYSQL_HOST" --port="$MYSQL_PORT" --user="$MYSQL_USER" \
  --single-transaction --routines --triggers --hex-blob --default-character-set=utf8mb4 \
  --no-tablespaces --skip-add-locks --skip-disable-keys --loose-set-gtid-purged=OFF --loose-column-statistics=0 \
  "$MYSQL_DATABASE" >"$scratch/dump.sql" 2>"$scratch/error" || code=$?
[ "$code" = 0 ] ||
  fail "mysqldump of database '$MYSQL_DATABASE' at $server ended with code $code (137: out of memory, or killed). It said: $(tail -n 1 "$scratch/error")"
tail -n 1 "$scratch/dump.sql" | grep -q '^-- Dump completed' ||
  fail "mysqldump of database '$MYSQL_DATABASE' at $server stopped before the end: is there room in $work?"

! LC_ALL=C grep -q '^INSERT INTO .cdk8s_milvus_restore. ' "$scratch/dump.sql" || [ "$any" = true ] ||
  fail "a restore into database '$MYSQL_DATABASE' at $server has not ended, and half of a backup is none: start the restore again"
missing=
for table in Tables TableFiles Environment Fields; do
  # Any case, for a server with lower_case_table_names.
  LC_ALL=C grep -qi "^CREATE TABLE .$table. (" "$scratch/dump.sql" || missing="$missing $table"
done
[ -z "$missing" ] || [ "$any" = true ] ||
  fail "database '$MYSQL_DATABASE' at $server has no table$missing: an empty database is not a backup of Milvus' metadata. Is this the right database, and has Milvus been started on it? If its tables were there before, restore a backup"

gzip -nc "$scratch/dump.sql" >"$scratch/dump.sql.gz" || fail "could not compress the dump: is there room in $work?"
gzip -t "$scratch/dump.sql.gz" || fail "the compressed dump can't be read back: is the disk below $work in order?"
(cd "$scratch" && sha256sum dump.sql.gz >dump.sql.gz.sha256)
mv "$scratch/dump.sql.gz.sha256" "$work"
mv "$scratch/dump.sql.gz" "$work"
echo "dump of database '$MYSQL_DATABASE' at $server: $(wc -c <"$scratch/dump.sql") bytes, $(wc -c <"$work/dump.sql.gz") compressed"
