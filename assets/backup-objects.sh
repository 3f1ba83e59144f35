#!/bin/sh
# Copies the objects that the dump of backup-dump.sh names to where the backups are, while Milvus serves: those that are
# not there yet. When all of them are there, seen with their sizes, it leaves $WORK_DIR/backup.objects, and the backup is
# whole. Milvus merges segments and erases the old ones: an object that the dump names and that is gone makes this end
# without that file, so that a new dump is made and this run again; LAST=true makes it fail then.
#
# Which state that is: rows and collections are those of the dump. Milvus writes deleted_docs and bloom_filter, in this
# order, before it says so in MySQL, so that those copied after the dump have at least its deletes: a row that was deleted
# while the backup ran may be missing, none comes back. bloom_filter is copied first, so that it is never ahead.
#
#   S3_* as in s3-remote.sh, BACKUP_PREFIX    where the backups go
#   DATA_* as in objects-remote.sh            where Milvus has its objects
#   WORK_DIR                                  shared with backup-dump.sh and backup-upload.sh (/work)
#   JOB_NAME                                  tells this backup from another one that runs (the host name)
#   TIMEOUT_SECONDS                           a backup that began before that has been ended (3600)
#   LAST                                      true: there will be no other try with a new dump
#
# Needs s3-remote.sh and objects-remote.sh beside it and rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
#
# shellcheck disable=SC2153,SC2154 # code, tables, data_place, running and seconds are set by objects-remote.sh
set -eu

set +u # these may be missing
work=$WORK_DIR
prefix=$BACKUP_PREFIX
job=$JOB_NAME
limit=$TIMEOUT_SECONDS
last=$LAST
set -u
[ -n "$work" ] || work=/work
[ -n "$job" ] || job=$(hostname)
[ -n "$limit" ] || limit=3600
folder=s3:$S3_BUCKET/$prefix

fail() {
  echo "backup-objects: $*; there is no new backup, earlier ones stay" >&2
  exit 1
}
[ -n "$prefix" ] || fail "BACKUP_PREFIX is not set or empty: give it a folder of the bucket, as backup/milvus"
if [ -e "$work/backup.objects" ]; then
  echo "all objects of this dump are there already"
  exit 0
fi

scratch=$(mktemp -d "$work/objects.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# shellcheck disable=SC2034 # for s3-remote.sh
missing="create bucket '$S3_BUCKET'"
# shellcheck source=/dev/null
. "$(dirname "$0")/s3-remote.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/objects-remote.sh"

lease=
clean_up() {
  stop_children
  # A backup that goes on keeps its mark.
  [ "$1" = 0 ] || [ -z "$lease" ] || rclone --config= --retries 1 deletefile "$lease" >/dev/null 2>&1 || :
  rm -rf "$scratch"
}
trap 'clean_up $?' EXIT

[ -s "$work/dump.sql.gz" ] || fail "there is no dump in $work: see why in the log of the container that dumps"
gzip -dc "$work/dump.sql.gz" >"$scratch/dump.sql" || fail "$work/dump.sql.gz is not what gzip makes"

# One at a time: what one of them finds in the store, another one may be about to delete.
[ -s "$work/backup.time" ] || date -u +%Y%m%dT%H%M%SZ >"$work/backup.time"
time=$(cat "$work/backup.time")
date -u +%s >"$scratch/mark"
s3 'mark the backup as running' s3:PutObject copyto --no-check-dest "$scratch/mark" "$folder/running/$job"
lease=$folder/running/$job
find_running "$job"
[ -z "$running" ] ||
  fail "backup '$running' runs, and began $seconds s ago: wait for it, or, if it was killed, delete $prefix/running/$running in bucket '$S3_BUCKET'"

rows_of_dump "$scratch/dump.sql" >"$scratch/rows"

# What is not about to be erased, nor half-made: TableFiles of type RAW, TO_INDEX, INDEX and BACKUP, in Tables of state NORMAL.
# Of collections, as count_entities counts: without BACKUP, which is the same rows as an INDEX.
LC_ALL=C awk -v required="$scratch/required" -v collections="$scratch/collections" '
  pass == 1 { if ($1 == "T" && $3 == 0) { owner[$2] = $4 == "-" ? $2 : $4; if ($4 == "-") dimension[$2] = $5; else partitions[$4]++ }; next }
  $1 != "F" || !($2 in owner) || $5 !~ /^[1237]$/ { next }
  {
    at = $2 "/" $3 "/"
    if (!(at in seen)) {
      seen[at] = 1
      segments[owner[$2]]++
      print at $3 ".rv" >required
      print at $3 ".uid" >required
      print at "bloom_filter" >required
      print at "deleted_docs" >required
    }
    if ($5 == 3 && $4 != $3) print at $4 >required
    if ($5 != 7) rows[owner[$2]] += $6
  }
  END { for (name in dimension) printf "%s %.0f %d %d %d\n", name, rows[name], segments[name], partitions[name], dimension[name] >collections }
' pass=1 "$scratch/rows" pass=2 "$scratch/rows"
touch "$scratch/required" "$scratch/collections"

# What there is, and what of it is to be copied. Never over something else: an older backup may name that.
list_objects s3_data "$tables" >"$scratch/source"
list_store >"$scratch/store"
for list in wanted gone first second deletes; do : >"$scratch/$list"; done
LC_ALL=C awk -v scratch="$scratch" -v time="$time" '
  function same(md5, size, other,    part) {
    split(other, part, " ")
    return size == part[2] && (md5 == part[1] || md5 == "-" || part[1] == "-")
  }
  pass == 1 { if ($3 == "objects") kept[$4] = $1 " " $2; else if ($1 != "-") version[$1 " " $2 " " $4] = $3; next }
  pass == 2 { source[$3] = $1 " " $2; next }
  !($1 in source) { print $1 >(scratch "/gone"); next }
  {
    split(source[$1], is, " ")
    new = "rewritten/" time
    if ($1 ~ /\/(deleted_docs|bloom_filter)$/) {
      at = is[1] == "-" ? "" : version[is[1] " " is[2] " " $1]
      if (at == "") print $1 >(scratch "/" ($1 ~ /docs$/ ? "deletes" : "second"))
      print is[1], is[2], at == "" ? new : at, $1, at == "" ? "new" : "kept" >(scratch "/wanted")
    } else if (!($1 in kept) || same(is[1], is[2], kept[$1])) {
      if (!($1 in kept)) print $1 >(scratch "/first")
      print is[1], is[2], "objects", $1, "same" >(scratch "/wanted")
    } else {
      print $1 >(scratch "/second")
      print is[1], is[2], new, $1, "same" >(scratch "/wanted")
    }
  }' pass=1 "$scratch/store" pass=2 "$scratch/source" pass=3 "$scratch/required"

wanted=$(($(wc -l <"$scratch/required")))
copies=$(($(cat "$scratch/first" "$scratch/second" "$scratch/deletes" | wc -l)))
echo "the dump names $wanted objects in $data_place; to be copied: $copies"
if [ "$copies" != 0 ]; then
  for list in first second deletes; do
    to=$folder/objects
    [ "$list" = first ] || to=$folder/rewritten/$time
    transfer copy "$tables" "$to" "$scratch/$list"
  done
  list_store >"$scratch/store"
fi

# Only what is seen where it is to be counts.
LC_ALL=C awk -v scratch="$scratch" -v time="rewritten/$time" '
  pass == 1 { store[$3 "/" $4] = $1 " " $2; next }
  {
    at = $3 "/" $4
    if (!(at in store)) { print $4 >(scratch "/gone"); next }
    split(store[at], is, " ")
    if ($5 == "same" && (is[2] != $2 || is[1] != $1 && is[1] != "-" && $1 != "-")) print $4 >(scratch "/gone")
    else print is[1], is[2], $3, $4
  }' pass=1 "$scratch/store" pass=2 "$scratch/wanted" >"$scratch/objects"
cat "$scratch/first" "$scratch/second" "$scratch/deletes" |
  LC_ALL=C awk 'pass == 1 { copied[$1] = 1; next } $4 in copied { n++; bytes += $2 } END { printf "%d %.0f\n", n, bytes }' \
    pass=1 - pass=2 "$scratch/objects" >>"$work/backup.copied"

if [ -s "$scratch/gone" ]; then
  gone=$(($(wc -l <"$scratch/gone")))
  example=$(head -n 1 "$scratch/gone")
  [ "$last" != true ] ||
    fail "$gone of $wanted objects that the metadata names are not in $data_place, as $DATA_PATH/db/tables/$example. If Milvus merges all the time, the next backup has less to copy and is faster; raise storage.fileCleanupTimeout (60) for this. If it is always the same object, it is lost, and searches of that collection fail: restore it, or drop the collection; backup.objects: false backs up the metadata alone"
  echo "$gone of them were gone or rewritten meanwhile, as $example: the metadata is dumped again"
  exit 0
fi
mv "$scratch/collections" "$work/backup.collections"
mv "$scratch/objects" "$work/backup.objects"
awk '{ bytes += $2 } END { printf "all %d objects are in the backup, %.0f bytes\n", NR, bytes }' "$work/backup.objects"
