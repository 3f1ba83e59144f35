#!/bin/sh
# Reads a whole backup again, every byte of it, and compares it with its manifest; nothing is written to a disk. Leaves
# <time>.verified beside it, or <time>.damaged: then a restore of the latest takes another one, and objects that are not
# what they were are moved to damaged/, so that the next backup copies them anew.
#
#   S3_* as in s3-remote.sh, BACKUP_PREFIX   where the backups are
#   BACKUP                                   which one, as 20260701T021500Z, or latest (latest)
#   WORK_DIR                                 room for its list of objects (/work)
#   TERMINATION_LOG                          gets the result in one line (/dev/termination-log)
#
# Needs s3-remote.sh and objects-remote.sh beside it and rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
#
# shellcheck disable=SC2154 # time and newest are set by objects-remote.sh
set -eu

set +u # these may be missing
work=$WORK_DIR
prefix=$BACKUP_PREFIX
wanted=$BACKUP
said=$TERMINATION_LOG
set -u
[ -n "$work" ] || work=/work
[ -n "$wanted" ] || wanted=latest
[ -n "$said" ] || said=/dev/termination-log
folder=s3:$S3_BUCKET/$prefix

fail() {
  echo "backup-verify: $*" >&2
  exit 1
}
[ -n "$prefix" ] || fail "BACKUP_PREFIX is not set or empty: give it the folder of the bucket with the backups"

scratch=$(mktemp -d "$work/verify.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# shellcheck disable=SC2034 # for s3-remote.sh
missing="there is nothing below '$prefix/', or no such bucket: compare bucket and prefix with those of the backup CronJob"
# shellcheck source=/dev/null
. "$(dirname "$0")/s3-remote.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/objects-remote.sh"
trap 'stop_children; rm -rf "$scratch"' EXIT

find_backup "$wanted"

# Deletes what an earlier verification has left.
forget() {
  ! grep -Fqx "$time.$1" "$scratch/listed" || s3 'delete its old verification' s3:DeleteObject deletefile "$folder/$time.$1"
}
damaged() {
  printf '%s\n' "$*" >"$scratch/result"
  s3 'say that it is damaged' s3:PutObject copyto --no-check-dest "$scratch/result" "$folder/$time.damaged"
  forget verified
  echo "$time is damaged: $*" >"$said" 2>/dev/null || :
  fail "backup $time is damaged: $*. Use another one; the newest are: $newest"
}
# Leaves the SHA-256 of a file in $sha. What can't be read is not known to be damaged.
sum() {
  grep -Fqx "$1" "$scratch/listed" || damaged "$1 is gone"
  sha=$({ (s3 "read $prefix/$1" s3:GetObject cat "$folder/$1") || : >"$scratch/unread"; } | sha256sum | cut -d' ' -f1)
  [ ! -e "$scratch/unread" ] || exit 1
}

started=$(date -u +%s)
: >"$scratch/objects"
if grep -Fqx "$time.manifest" "$scratch/listed"; then
  s3 "read $prefix/$time.manifest" s3:GetObject cat "$folder/$time.manifest" >"$scratch/manifest"
  for file in sql objects; do
    sum "$time.$file.gz"
    [ "$(awk -v name="$time.$file.gz" '$4 == name { print $2 }' "$scratch/manifest")" = "$sha" ] || damaged "$time.$file.gz does not match the manifest"
  done
  s3 "read $prefix/$time.objects.gz" s3:GetObject cat "$folder/$time.objects.gz" >"$scratch/objects.gz"
  gzip -dc "$scratch/objects.gz" >"$scratch/objects"
else
  s3 "read $prefix/$time.sql.gz.sha256" s3:GetObject cat "$folder/$time.sql.gz.sha256" >"$scratch/sha256"
  sum "$time.sql.gz"
  [ "$sha" = "$(cut -d' ' -f1 "$scratch/sha256")" ] || damaged "$time.sql.gz does not match its checksum"
fi
all=$(($(wc -l <"$scratch/objects")))
bytes=$(awk '{ bytes += $2 } END { printf "%.0f\n", bytes }' "$scratch/objects")
echo "the metadata of $time is as it was; its $all objects with $bytes bytes are read"

# Those that are gone, or have another size, need not be read.
list_store >"$scratch/store"
LC_ALL=C awk -v scratch="$scratch" '
  pass == 1 { store[$3 "/" $4] = $2; next }
  store[$3 "/" $4] != $2 { print $3 "/" $4 >(scratch "/missing"); next }
  { print $3 "/" $4 >(scratch "/paths") }' pass=1 "$scratch/store" pass=2 "$scratch/objects"
touch "$scratch/missing" "$scratch/paths"

# Reads the objects whose paths are in the file $1, and leaves those with another checksum in $scratch/wrong.
read_again() {
  : >"$scratch/sums"
  in_parts "$1"
  (
    shown=0
    while sleep 10; do
      now=$(($(date -u +%s) - started))
      LC_ALL=C awk -v seconds="$now" -v all="$all" -v bytes="$bytes" -v shown="$shown" '
        pass == 1 { size[$3 "/" $4] = $2; next }
        { n++; sum += size[$2] }
        END { if (n > shown && sum) printf "read %d of %d objects, %.0f of %.0f bytes, %d%%, %.1f MiB/s, %d s to go\n", n, all, sum, bytes, 100 * sum / bytes, sum / seconds / 1048576, seconds * (bytes / sum - 1) }' \
        pass=1 "$scratch/objects" pass=2 "$scratch/sums"
      shown=$(wc -l <"$scratch/sums")
    done
  ) &
  children=$!
  for part in "$scratch"/part.*; do
    [ ! -e "$part" ] ||
      s3 'read the objects' s3:GetObject hashsum MD5 --download --checkers 8 --no-traverse --files-from-raw "$part" "$folder" >>"$scratch/sums" &
    children="$children $!"
    wait $! || exit 1
  done
  kill "$(echo "$children" | cut -d' ' -f1)" 2>/dev/null || :
  children=
  LC_ALL=C awk '
    pass == 1 { sum[$2] = $1; next }
    pass == 2 { expected[$3 "/" $4] = $1; next }
    !($1 in sum) || expected[$1] != "-" && sum[$1] != expected[$1]' \
    pass=1 "$scratch/sums" pass=2 "$scratch/objects" pass=3 "$1" >"$scratch/wrong"
}
read_again "$scratch/paths"
if [ -s "$scratch/wrong" ]; then
  # It may have been the way.
  cp "$scratch/wrong" "$scratch/twice"
  read_again "$scratch/twice"
fi
if [ -s "$scratch/wrong" ]; then
  s3 'move damaged objects away' 's3:GetObject, s3:PutObject and s3:DeleteObject' \
    move "$folder" "$folder/damaged" --files-from-raw "$scratch/wrong" --no-traverse
fi
bad=$(cat "$scratch/missing" "$scratch/wrong" | wc -l)
[ "$bad" = 0 ] ||
  damaged "$(($(wc -l <"$scratch/missing"))) of its $all objects are missing or cut off and $(($(wc -l <"$scratch/wrong"))) are not what they were, as $(cat "$scratch/missing" "$scratch/wrong" | head -n 1)"

result="$time is good: $all objects, $bytes bytes, read in $(($(date -u +%s) - started)) s"
printf '%s\n' "$result" >"$scratch/result"
s3 'say that it is verified' s3:PutObject copyto --no-check-dest "$scratch/result" "$folder/$time.verified"
forget damaged
echo "$result" >"$said" 2>/dev/null || :
echo "$result"
