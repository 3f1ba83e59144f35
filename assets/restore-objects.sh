#!/bin/sh
# Brings back the objects of a whole backup, those that are missing or differ, and nothing else: restore-download.sh says
# what comes before and after this. What is there and would be replaced is copied to <storage.path>-aside/<time>/ in the bucket of
# Milvus first (without S3, to <BACKUP_PREFIX>/aside/<time>/ where the backups are): objects in tables/, the metadata in
# metadata.sql.gz. So are objects that only the metadata names that is replaced: Milvus erases by prefix when a collection is
# dropped, or has lost its last file, and them with it. A person deletes that when the new state has proven itself.
#
#   S3_* as in s3-remote.sh, BACKUP_PREFIX   where the backups are
#   DATA_* as in objects-remote.sh           where the objects of Milvus are to be; missing without S3
#   RESTORE_OBJECTS                          false: bring back no objects (true)
#   WORK_DIR                                 shared with restore-download.sh and restore-load.sh (/work)
#
# Needs s3-remote.sh and objects-remote.sh beside it and rclone (tested with 1.60). Exits 0, or 1 with the cause and the cure on stderr.
#
# shellcheck disable=SC2154 # code, tables, aside and data_place are set by objects-remote.sh
set -eu

set +u # these may be missing
work=$WORK_DIR
prefix=$BACKUP_PREFIX
with_objects=$RESTORE_OBJECTS
set -u
[ -n "$work" ] || work=/work
folder=s3:$S3_BUCKET/$prefix

fail() {
  echo "restore-objects: $*" >&2
  exit 1
}
scratch=$(mktemp -d "$work/objects.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# As PID 1 of a container a shell would ignore SIGTERM, and go on to the next step in a pod that is being deleted.
trap 'exit 143' TERM INT

# shellcheck disable=SC2034 # for s3-remote.sh
missing='create the bucket that Milvus is to use, or compare bucket and prefix with those of the backup CronJob'
# shellcheck source=/dev/null
. "$(dirname "$0")/s3-remote.sh"
# shellcheck source=/dev/null
. "$(dirname "$0")/objects-remote.sh"
trap 'stop_children; rm -rf "$scratch"' EXIT

[ -s "$work/restore.name" ] || fail "there is no backup in $work: see why in the log of the container that downloads"
name=$(cat "$work/restore.name")
list=$work/restore.objects

now=$(date -u +%Y%m%dT%H%M%SZ)
if [ -n "$data_place" ]; then
  where=s3_data
else
  aside=$folder/aside where=s3
fi
keep=$aside/$now
keep_name=$(echo "$keep" | cut -d: -f2)
# For who reads the end: what is kept now, and what was by tries that broke off.
tell_kept() {
  folders=$({ $where 'list what is kept aside' s3:ListBucket lsf --dirs-only "$aside/"; } 2>&1) || case $folders in
    *'directory not found'*) return 0 ;;
    *)
      printf '%s\n' "$folders" >&2
      exit 1
      ;;
  esac
  [ -z "$folders" ] ||
    printf '%s (%s)\n' "$(dirname "$keep_name")" "$(printf '%s\n' "$folders" | tr -d / | paste -sd' ' -)" >"$work/restore.aside"
}

if [ -s "$work/aside/dump.sql.gz" ]; then
  $where 'keep the metadata aside' s3:PutObject copyto --no-check-dest "$work/aside/dump.sql.gz" "$keep/metadata.sql.gz"
  $where 'read the metadata back' s3:GetObject cat "$keep/metadata.sql.gz" >"$scratch/stored"
  cmp -s "$work/aside/dump.sql.gz" "$scratch/stored" || fail "the metadata kept aside came back other than it was sent; nothing was changed"
  echo "the metadata that is there is kept in $keep_name/metadata.sql.gz"
fi
# Copies the objects in the file $1 to where they are kept, and looks at them there.
keep_aside() {
  transfer copy "$tables" "$keep/tables" "$1"
  list_objects s3_data "$keep/tables" >"$scratch/kept"
  LC_ALL=C awk 'pass == 1 { there[$3] = $1 " " $2; next } pass == 2 { kept[$3] = $1 " " $2; next } kept[$1] != there[$1]' \
    pass=1 "$scratch/there" pass=2 "$scratch/kept" pass=3 "$1" >"$scratch/lost"
  [ "$code$(wc -l <"$scratch/lost" | tr -d ' ')" = 00 ] ||
    fail "$(($(wc -l <"$scratch/lost"))) objects could not be kept aside, as $(head -n 1 "$scratch/lost"): does Milvus still run, and write them? Nothing was replaced"
}

[ -z "$data_place" ] || list_objects s3_data "$tables" >"$scratch/there"
if [ -n "$data_place" ] && [ -s "$work/aside/dump.sql.gz" ]; then
  for dump in "$work" "$work/aside"; do
    gzip -dc "$dump/dump.sql.gz" >"$scratch/dump.sql" || fail "could not decompress $dump/dump.sql.gz: is there room in $work?"
    rows_of_dump "$scratch/dump.sql" >"$scratch/rows.$(basename "$dump")"
  done
  mv "$scratch/rows.$(basename "$work")" "$scratch/rows"
  rm -f "$scratch/dump.sql"
  # An earlier try has kept some.
  list_objects s3_data "$aside" >"$scratch/kept"
  LC_ALL=C awk '
    pass == 1 { if (sub(/^[^\/]*\/tables\//, "", $3) && $1 != "-") kept[$1 " " $2 " " $3] = 1; next }
    pass < 6 && $1 == "T" { if ($3 == 0) live[pass, $2] = 1; next }
    pass == 3 || pass == 5 {
      if (!((pass - 1, $2) in live) || $5 !~ /^[1237]$/) next
      segment[pass, $2 "/" $3] = 1
      file[pass, $2 "/" $3 "/" $4] = 1
      next
    }
    pass < 6 { next }
    {
      at = $3
      sub(/\/[^\/]*$/, "", at)
      old = (5, at) in segment && !((3, at) in segment) || (5, $3) in file && !((3, $3) in file)
      if (old && !($1 " " $2 " " $3 in kept)) print $2, $3
    }' pass=1 "$scratch/kept" pass=2 "$scratch/rows" pass=3 "$scratch/rows" \
    pass=4 "$scratch/rows.aside" pass=5 "$scratch/rows.aside" pass=6 "$scratch/there" >"$scratch/old"
  cut -d' ' -f2 "$scratch/old" >"$scratch/only"
  if [ -s "$scratch/only" ]; then
    keep_aside "$scratch/only"
    awk -v where="$keep_name/tables" '{ bytes += $1 } END { printf "%d objects that only the metadata names that is there, %.0f bytes, are kept in %s\n", NR, bytes, where }' "$scratch/old"
  fi
fi
if [ ! -e "$list" ]; then
  tell_kept
  echo "$name is a backup of the metadata alone: objects stay as they are"
  exit 0
fi
if [ "$with_objects" = false ]; then
  tell_kept
  echo "RESTORE_OBJECTS=false: objects stay as they are"
  exit 0
fi
[ -n "$data_place" ] ||
  fail "$name has objects, and this cluster has its vectors on a volume, not in S3: RESTORE_OBJECTS=false restores the metadata alone"

for file in add differs extra; do : >"$scratch/$file"; done
LC_ALL=C awk -v scratch="$scratch" '
  function folder_of(path) { sub(/\/[^\/]*$/, "", path); return path }
  pass == 1 { there[$3] = $1 " " $2; next }
  {
    segment[folder_of($4)] = 1
    named[$4] = 1
    if (!($4 in there)) { print $3, $4 >(scratch "/add"); next }
    split(there[$4], is, " ")
    known = is[1] != "-" && $1 != "-"
    if (is[2] == $2 && (known ? is[1] == $1 : $3 == "objects")) next
    print $3, $4 >(scratch "/add")
    print $4 >(scratch "/differs")
  }
  # They change what a segment has, without being named by anything.
  END { for (path in there) if (path ~ /\/(deleted_docs|bloom_filter)$/ && !(path in named) && folder_of(path) in segment) print path >(scratch "/extra") }
' pass=1 "$scratch/there" pass=2 "$list"
all=$(($(wc -l <"$list")))
add=$(($(wc -l <"$scratch/add")))
differ=$(($(cat "$scratch/differs" "$scratch/extra" | wc -l)))
echo "of $all objects $((all - add)) are in $data_place as they should be; $((add - $(wc -l <"$scratch/differs"))) are missing, $differ are others"

if [ "$differ" != 0 ]; then
  cat "$scratch/differs" "$scratch/extra" >"$scratch/replaced"
  keep_aside "$scratch/replaced"
  echo "what would be replaced is kept in $keep_name/tables"
fi
if [ -s "$scratch/extra" ]; then
  RCLONE_CONFIG_S3_NO_HEAD_OBJECT=true RCLONE_CONFIG_DATA_NO_HEAD_OBJECT=true \
    s3_data 'delete what the backup does not have' s3:DeleteObject delete "$tables" --files-from-raw "$scratch/extra" --no-traverse
fi
cut -d' ' -f1 "$scratch/add" | LC_ALL=C sort -u >"$scratch/folders"
while IFS= read -r from; do
  LC_ALL=C awk -v from="$from" '$1 == from { print $2 }' "$scratch/add" >"$scratch/paths"
  transfer copy "$folder/$from" "$tables" "$scratch/paths" </dev/null
done <"$scratch/folders"

list_objects s3_data "$tables" >"$scratch/there"
LC_ALL=C awk '
  pass == 1 { there[$3] = $1 " " $2; next }
  { split(there[$4], is, " "); if (is[2] != $2 || is[1] != $1 && is[1] != "-" && $1 != "-") print $3 "/" $4 }' \
  pass=1 "$scratch/there" pass=2 "$list" >"$scratch/lost"
[ ! -s "$scratch/lost" ] ||
  fail "$(($(wc -l <"$scratch/lost"))) of $all objects are not in $data_place as the backup has them, as $prefix/$(head -n 1 "$scratch/lost"): is it gone from the backups? Another backup may have it. The metadata was not touched"
tell_kept
echo "all $all objects are in $data_place, $add of them copied"
