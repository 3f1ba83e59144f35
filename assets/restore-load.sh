#!/bin/sh
# Loads $WORK_DIR/dump.sql.gz, which restore-download.sh has put there, into the database with Milvus' metadata. All pods
# of Milvus have to be gone: the writer deletes the objects of segments that the metadata does not name. Then it empties the
# write-ahead log, which belongs to the metadata that was there before.
#
#   MYSQL_HOST, MYSQL_PORT, MYSQL_USER, MYSQL_DATABASE   where and as whom
#   MYSQL_PWD                                            the password; the client reads it by itself
#   CREDENTIALS_FROM                                     the Secret that holds it, named in messages
#   RESTORE_FORCE                                        true: replace what is in the database
#   RESTORE_STEP                                         check: load nothing; dump what would be replaced to $WORK_DIR/aside
#   WAL_DIR                                              where the volume of the write-ahead log is, to be emptied; missing without one
#   STOP_SECONDS                                         how long to wait for Milvus to stop (600)
#   TERMINATION_LOG                                      gets the result in one line (/dev/termination-log)
#   WAIT_SECONDS                                         how long to wait for MySQL (60)
#   WORK_DIR                                             shared with restore-download.sh (/work)
#
# The rights that Milvus has are enough (CREATE, SELECT, INSERT, UPDATE, DELETE).
#
# Needs wait-for-mysql.sh and backup-dump.sh beside it, mysql, mysqldump and gzip. Exits 0, or 1 with the cause and the cure on stderr.
set -eu

set +u # these may be missing
work=$WORK_DIR
force=$RESTORE_FORCE
step=$RESTORE_STEP
said=$TERMINATION_LOG
wal=$WAL_DIR
patience=$STOP_SECONDS
[ -n "$WAIT_SECONDS" ] || WAIT_SECONDS=60
set -u
[ -n "$work" ] || work=/work
[ -n "$said" ] || said=/dev/termination-log
[ -n "$patience" ] || patience=600
name=dump
[ ! -s "$work/restore.name" ] || name=$(cat "$work/restore.name")
# Has a row, the name of the backup, from before the load until the write-ahead log is empty.
mark=cdk8s_milvus_restore
export WAIT_SECONDS
place="database '$MYSQL_DATABASE' at $MYSQL_HOST:$MYSQL_PORT"

fail() {
  echo "restore-load: $*" >&2
  exit 1
}

scratch=$(mktemp -d "$work/load.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# First the dump: nothing is touched for one that is not good.
(cd "$work" && sha256sum -c dump.sql.gz.sha256) >/dev/null 2>&1 ||
  fail "there is no sound dump in $work: see why in the log of the container that downloads; nothing was changed"
gzip -dc "$work/dump.sql.gz" >"$scratch/dump.sql" ||
  fail "could not decompress $work/dump.sql.gz: is there room in $work? Nothing was changed"
tail -n 1 "$scratch/dump.sql" | grep -q '^-- Dump completed' ||
  fail "the dump is not complete: use another backup; nothing was changed"
for table in Tables TableFiles Environment Fields; do
  LC_ALL=C grep -qi "^CREATE TABLE .$table. (" "$scratch/dump.sql" ||
    fail "the dump has no table $table, so it is not of Milvus' metadata: use another backup; nothing was changed"
done

# A user with the rights of Milvus alone may not drop tables, so the dump does not try: tables that stay are emptied
# instead. Text with line breaks is escaped in a dump, so that no row begins like a statement.
# shellcheck disable=SC2016 # the backticks are MySQL's
LC_ALL=C sed -e '/^DROP TABLE IF EXISTS `.*`;$/d' \
  -e 's/^CREATE TABLE `/CREATE TABLE IF NOT EXISTS `/' \
  -e 's/^-- Dumping data for table \(`.*`\)$/DELETE FROM \1;/' "$scratch/dump.sql" >"$scratch/load.sql" ||
  fail "could not prepare the dump: is there room in $work? Nothing was changed"

# Says by itself what is wrong with the address, the login or the database.
sh "$(dirname "$0")/wait-for-mysql.sh"

# --no-defaults has to come first. By default a lock would be waited for a year.
client() {
  mysql --no-defaults --protocol=TCP --connect-timeout=5 --host="$MYSQL_HOST" --port="$MYSQL_PORT" \
    --user="$MYSQL_USER" --init-command='SET SESSION lock_wait_timeout = 60' \
    -N -B "$@" "$MYSQL_DATABASE" 2>"$scratch/error"
}
# Leaves what MySQL answers in $answer.
query() {
  answer=$(client -e "$1" </dev/null) || fail "$place refuses a query: $(tail -n 1 "$scratch/error")"
}

# Milvus and mishards keep their connections; a readiness probe logs in as the same user, but only for an instant.
connections() {
  query "SELECT COUNT(*) FROM information_schema.processlist WHERE id <> CONNECTION_ID()
    AND db = DATABASE() AND user = SUBSTRING_INDEX(USER(), '@', 1)"
  [ "$answer" != 0 ]
}
waited=0
while connections && sleep 1 && connections && sleep 1 && connections; do
  which="user '$MYSQL_USER' has $answer other connections to $place, so Milvus is running"
  [ "$waited" -lt "$patience" ] ||
    fail "$which, $waited s after the restore began to wait: scale mishards, readonly and writable to 0 first (connections of pods that are gone end with KILL); nothing was changed"
  [ $((waited % 60)) != 0 ] || echo "$which: waiting until it has stopped, $((patience - waited)) s more"
  sleep 8
  waited=$((waited + 10))
done

query "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
printf '%s\n' "$answer" | grep . | grep -vx "$mark" >"$scratch/tables" || :
begun=
if printf '%s\n' "$answer" | grep -qx "$mark"; then
  query "SELECT MAX(backup) FROM $mark"
  begun=$answer
fi
content=
while IFS= read -r table; do
  query "SELECT COUNT(*) FROM \`$table\`"
  [ "$answer" = 0 ] || content="$content, $table $answer"
done <"$scratch/tables"
# A Milvus without a collection writes down how far its log is, too; half of a load may be no more than that, either.
case $begun in '' | NULL) ! printf '%s\n' "$content" | grep -qix ', Environment [0-9]*' || content= ;; esac
if [ -n "$content" ]; then
  content=$(printf '%s' "$content" | cut -c3-)
  [ "$force" = true ] || [ "$begun" = "$name" ] || [ -z "$begun" ] || [ "$begun" = NULL ] ||
    fail "a restore of $begun into $place has not ended: start it again with BACKUP=$begun (RESTORE_FORCE=true replaces what it has left by $name); nothing was changed"
  [ "$force" = true ] || [ "$begun" = "$name" ] ||
    fail "$place is not empty (rows: $content), and a restore replaces them: scale mishards, readonly and writable to 0, make sure that a backup of this is not needed, and start again with RESTORE_FORCE=true; nothing was changed"
  if [ "$step" = check ]; then
    mkdir -p "$work/aside"
    WORK_DIR=$work/aside DUMP_ANY=true sh "$(dirname "$0")/backup-dump.sh" >/dev/null || fail "$place can't be kept aside; nothing was changed"
  else
    echo "replacing what is in $place (rows: $content)"
  fi
fi
if [ "$step" = check ]; then
  echo "$place may be replaced"
  exit 0
fi
[ "$begun" != "$name" ] || echo "an earlier load of $name broke off, and is done again"
query "CREATE TABLE IF NOT EXISTS $mark (backup VARCHAR(32) NOT NULL)"
query "INSERT INTO $mark VALUES ('$name')"
# Dropped where that is allowed, so that they get the structure of the dump again.
# shellcheck disable=SC2016
tables=$(LC_ALL=C sed -n 's/^CREATE TABLE \(`.*`\) ($/\1/p' "$scratch/dump.sql" | tr '\n' ',')
client -e "DROP TABLE IF EXISTS $(printf '%s' "$tables" | sed 's/,$//')" </dev/null ||
  grep -q '^ERROR 1142 ' "$scratch/error" || fail "$place refuses to drop tables: $(tail -n 1 "$scratch/error")"

# In binary mode the client runs no command of its own (as \! or source) that a dump may contain.
client --binary-mode <"$scratch/load.sql" >/dev/null ||
  fail "the load into $place broke off, and left it incomplete: remove the cause and start again. It said: $(tail -n 1 "$scratch/error")"

content=
for table in Tables TableFiles Environment Fields; do
  query "SELECT COUNT(*) FROM $table"
  content="$content, $table $answer"
done
echo "restored $place (rows: $(printf '%s' "$content" | cut -c3-))"
if [ -s "$work/restore.manifest" ]; then
  query "SELECT IF(t.owner_table = '', t.table_id, t.owner_table), SUM(f.row_count) FROM Tables t
    JOIN TableFiles f ON f.table_id = t.table_id LEFT JOIN Tables o ON o.table_id = t.owner_table
    WHERE t.state = 0 AND (t.owner_table = '' OR o.state = 0) AND f.file_type IN (1, 2, 3) GROUP BY 1"
  printf '%s\n' "$answer" | tr '\t' ' ' | grep -v ' 0$' | LC_ALL=C sort >"$scratch/rows"
  sed -n 's/^collection \([^ ]* [^ ]*\) .*/\1/p' "$work/restore.manifest" | grep -v ' 0$' | LC_ALL=C sort >"$scratch/expected"
  if [ "$(cat "$scratch/rows")" != "$(cat "$scratch/expected")" ]; then
    while IFS= read -r rows; do
      grep -Fqx -e "$rows" "$scratch/rows" || printf '%s rows, ' "$rows"
    done <"$scratch/expected" >"$scratch/differ"
    fail "collections in $place have other rows than the manifest says (there: $(head -c 300 "$scratch/differ")and no others): use another backup"
  fi
  echo "each collection has the rows that the manifest says: $(sed -n 's/^rows //p' "$work/restore.manifest") in all"
fi
if [ -n "$wal" ]; then
  # What belongs to other metadata can't be replayed.
  files=0
  for file in "$wal"/* "$wal"/.*; do
    case $file in */. | */.. | */lost+found) continue ;; esac
    [ -e "$file" ] || [ -L "$file" ] || continue
    rm -rf "$file" 2>"$scratch/error" ||
      fail "can't empty the write-ahead log as user $(id -u), groups $(id -G): $(tail -n 1 "$scratch/error"). The metadata is loaded; empty the volume, or give it to that user, and start again with BACKUP=$name before Milvus is started"
    files=$((files + 1))
  done
  echo "the write-ahead log is empty ($files files and folders deleted)"
fi
client -e "DROP TABLE $mark" </dev/null || query "DELETE FROM $mark"
result="$name is restored"
[ ! -s "$work/restore.aside" ] || result="$result; what was there before is kept in $(cat "$work/restore.aside") until you delete it"
echo "$result"
echo "$result" >"$said" 2>/dev/null || :
