#!/bin/sh
# The objects of Milvus, and those that backups keep of them. Not run but read, after s3-remote.sh, by the scripts beside
# it that copy objects. s3-remote.sh has where the backups are; this has where Milvus keeps its objects:
#
#   DATA_ADDRESS, DATA_PORT, DATA_BUCKET   where
#   DATA_SCHEME, DATA_CA                   http, or https (http); file with the certificate of the CA
#   DATA_PATH                              storage.path without the slash in front
#   DATA_ACCESS_KEY, DATA_SECRET_KEY       never printed
#   DATA_CREDENTIALS_FROM                  the Secret that holds them, named in messages
#
# All of them are missing where the vectors are not in S3. A backup keeps below <BACKUP_PREFIX>/
#
#   <time>.sql.gz, <time>.sql.gz.sha256    the metadata; what has that name is complete
#   <time>.manifest                        of a whole backup: lines of a word and its values, see backup-upload.sh
#   <time>.objects.gz                      of a whole backup: "MD5 BYTES FOLDER PATH" of each object, MD5 "-" where it is not known
#   <time>.verified, <time>.damaged        what backup-verify.sh found
#   objects/PATH                           what Milvus never changes: *.rv, *.uid and index files, once for all backups
#   rewritten/<time>/PATH                  what it rewrites under the same name: deleted_docs and bloom_filter
#   running/<job>                          a backup that is running
#
# PATH is below <storage.path>/db/tables/: <table>/<segment>/<file>.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2153,SC2154 # for, and from, the scripts that read this

set +u # these may be missing
data_address=$DATA_ADDRESS
data_scheme=$DATA_SCHEME
data_ca=$DATA_CA
set -u
[ -n "$data_scheme" ] || data_scheme=http
data_place=
if [ -n "$data_address" ]; then
  data_place="bucket '$DATA_BUCKET' at $data_scheme://$DATA_ADDRESS:$DATA_PORT"
  if [ "$data_scheme://$DATA_ADDRESS:$DATA_PORT $DATA_ACCESS_KEY $DATA_SECRET_KEY" = "$RCLONE_CONFIG_S3_ENDPOINT $S3_ACCESS_KEY $S3_SECRET_KEY" ]; then
    # Within one remote rclone lets the server copy.
    bucket_of_data=s3:$DATA_BUCKET
  else
    bucket_of_data=data:$DATA_BUCKET
    [ -n "$DATA_ACCESS_KEY" ] || fail "DATA_ACCESS_KEY is not set or empty: look at Secret '$DATA_CREDENTIALS_FROM'"
    [ -n "$DATA_SECRET_KEY" ] || fail "DATA_SECRET_KEY is not set or empty: look at Secret '$DATA_CREDENTIALS_FROM'"
    export RCLONE_CONFIG_DATA_TYPE=s3
    export RCLONE_CONFIG_DATA_PROVIDER=Other
    export RCLONE_CONFIG_DATA_ENDPOINT="$data_scheme://$DATA_ADDRESS:$DATA_PORT"
    export RCLONE_CONFIG_DATA_REGION=us-east-1
    export RCLONE_CONFIG_DATA_FORCE_PATH_STYLE=true
    export RCLONE_CONFIG_DATA_LIST_VERSION=1
    export RCLONE_CONFIG_DATA_NO_CHECK_BUCKET=true
    export RCLONE_CONFIG_DATA_NO_HEAD=true
    export RCLONE_CONFIG_DATA_ACCESS_KEY_ID="$DATA_ACCESS_KEY"
    export RCLONE_CONFIG_DATA_SECRET_ACCESS_KEY="$DATA_SECRET_KEY"
    # rclone takes one file of CAs for all that it speaks to.
    if [ -n "$data_ca" ] || { [ "$data_scheme" = https ] && [ -n "$S3_CA" ]; }; then
      for bundle in "$S3_CA" "$data_ca" /etc/ssl/certs/ca-certificates.crt; do
        [ ! -r "$bundle" ] || cat "$bundle"
        echo
      done >"$scratch/ca.crt"
      export RCLONE_CA_CERT="$scratch/ca.crt"
    fi
  fi
  tables=$bucket_of_data/$DATA_PATH/db/tables
  aside=$bucket_of_data/$DATA_PATH-aside
fi

# Like s3, for what is done in the storage of Milvus alone.
s3_data() (
  S3_BUCKET=$DATA_BUCKET
  CREDENTIALS_FROM=$DATA_CREDENTIALS_FROM
  RCLONE_CONFIG_S3_ENDPOINT=$data_scheme://$DATA_ADDRESS:$DATA_PORT
  case $bucket_of_data in data:*) unset RCLONE_CONFIG_S3_ENDPOINT && RCLONE_CONFIG_S3_ENDPOINT=$RCLONE_CONFIG_DATA_ENDPOINT ;; esac
  s3 "$@"
)

# Lists the objects below the folder $2 with the command $1 (s3 or s3_data), as "MD5 BYTES PATH"; none where there is no such
# folder. $3 limits the depth.
list_objects() {
  depth=-1
  [ $# -lt 3 ] || depth=$3
  listing=$({ $1 'list the objects' s3:ListBucket lsf -R --max-depth "$depth" --files-only --format hsp --hash MD5 --separator ' ' "$2" \
    >"$scratch/listing"; } 2>&1) || case $listing in
    *'directory not found'*) : >"$scratch/listing" ;;
    *)
      printf '%s\n' "$listing" >&2
      exit 1
      ;;
  esac
  # A path with a space is not Milvus'. Without a checksum the line begins with the space behind it.
  LC_ALL=C awk '
    /^ / { if (NF == 2) print "-", $1, $2; next }
    NF == 3 { print $1 ~ /^[0-9a-f]+$/ && length($1) == 32 ? $1 : "-", $2, $3 }' "$scratch/listing"
}

# The rows of Tables and TableFiles in the dump $1, one a line, with what is quoted made one word. Line breaks are escaped in
# a dump, so that no row begins like a statement; quotes divide it into what is quoted and what is not.
rows_of_dump() {
  LC_ALL=C awk '
    /^INSERT INTO `(Tables|TableFiles)` /  { on = 1 }
    /^CREATE TABLE `(Tables|TableFiles)` / { columns = 1 }
    on || columns
    on && /;$/ { on = 0 }
    columns && /^\)/ { columns = 0 }' "$1" |
    LC_ALL=C awk 'BEGIN { RS = "\047" }
      function word(text) {
        gsub(/%/, "%25", text); gsub(/,/, "%2C", text); gsub(/\(/, "%28", text); gsub(/\)/, "%29", text)
        gsub(/ /, "%20", text); gsub(/`/, "%60", text); gsub(/;/, "%3B", text); gsub(/\n/, "%0A", text)
        return text
      }
      !quoted { printf "%s", $0; quoted = 1; next }
      {
        printf "%s", word($0)
        # A quote behind an odd number of backslashes is part of the text.
        match($0, /\\*$/)
        if (RLENGTH % 2) printf "%%27"; else quoted = 0
      }' |
    LC_ALL=C awk '
      /^CREATE TABLE `/ { split($0, part, "`"); creating = part[2]; n = 0; next }
      creating && /^ *`/ { split($0, part, "`"); column[creating, part[2]] = ++n; next }
      /^\)/ && creating { creating = ""; next }
      function value(name) { return field[column[table, name]] }
      function rows(text,    i, at, tuple) {
        at = split(text, tuple, ")")
        for (i = 1; i < at; i++) {
          sub(/^[^(]*\(/, "", tuple[i])
          split(tuple[i], field, ",")
          if (table == "Tables") print "T", value("table_id"), value("state"), value("owner_table") == "" ? "-" : value("owner_table"), value("dimension")
          else print "F", value("table_id"), value("segment_id"), value("file_id"), value("file_type"), value("row_count")
        }
      }
      /^INSERT INTO `/ { split($0, part, "`"); table = part[2]; sub(/^INSERT INTO `[^`]*`/, "") }
      { rows($0) }'
}

# What backups keep of objects, as "MD5 BYTES FOLDER PATH".
list_store() {
  list_objects s3 "$folder" >"$scratch/all"
  LC_ALL=C awk '{
    if ($3 ~ /^objects\//) at = 8
    else if ($3 ~ /^rewritten\/[^\/]*\//) at = 10 + index(substr($3, 11), "/")
    else next
    print $1, $2, substr($3, 1, at - 1), substr($3, at + 1)
  }' "$scratch/all"
}

# Of the names in $scratch/listed: the backups in $scratch/backups, the newest first, five of them in $newest, and the latest
# in $latest. That is none of which a verification has found that it is damaged; empty where there is no other.
sort_backups() {
  grep -Ex '[0-9]{8}T[0-9]{6}Z\.sql\.gz' "$scratch/listed" | cut -d. -f1 | LC_ALL=C sort -r >"$scratch/backups" || :
  newest=$(head -n 5 "$scratch/backups" | paste -sd' ' -)
  latest=$(LC_ALL=C awk 'pass == 1 { if (/\.damaged$/) damaged[substr($0, 1, 16)] = 1; next } !($0 in damaged)' \
    pass=1 "$scratch/listed" pass=2 "$scratch/backups" | head -n 1)
}

# A backup that runs, other than $1, in $running, and for how many seconds in $seconds. A mark of $limit seconds is of one
# that was killed.
find_running() {
  list_objects s3 "$folder/running" >"$scratch/running"
  running=
  while [ -z "$running" ] && read -r _ _ other; do
    [ "$other" != "$1" ] || continue
    began=$(s3 'read the mark of a backup' s3:GetObject cat "$folder/running/$other" </dev/null 2>/dev/null) || continue
    case $began in '' | *[!0-9]*) continue ;; esac
    seconds=$(($(date -u +%s) - began))
    [ "$seconds" -ge "$limit" ] || running=$other
  done <"$scratch/running"
}

# The name of the backup that $1 means, as 20260701T021500Z, or latest, in $time; what sort_backups leaves besides.
find_backup() {
  s3 'list the backups' s3:ListBucket lsf "$folder/" >"$scratch/listed"
  sort_backups
  [ -s "$scratch/backups" ] ||
    fail "there is no backup below '$prefix/' in bucket '$S3_BUCKET' at $S3_ADDRESS:$S3_PORT: compare bucket and prefix with those of the backup CronJob"
  time=$(echo "$1" | sed 's/\.sql\.gz$//')
  if [ "$time" = latest ]; then
    [ -n "$latest" ] ||
      fail "every backup below '$prefix/' in bucket '$S3_BUCKET' at $S3_ADDRESS:$S3_PORT is damaged: name the one to take all the same. The newest are: $newest"
    time=$latest
  fi
  grep -Fqx -e "$time" "$scratch/backups" ||
    fail "there is no backup '$1' below '$prefix/' in bucket '$S3_BUCKET' at $S3_ADDRESS:$S3_PORT. The newest are: $newest"
}

# Divides the lines of a file into files $scratch/part.*: rclone takes about a KiB of memory for each object.
in_parts() {
  rm -f "$scratch"/part.*
  LC_ALL=C awk -v part="$scratch/part." '
    NR % 20000 == 1 { if (NR > 1) close(to); to = part sprintf("%06d", NR / 20000) }
    { print >to }' "$1"
}

children=
stop_children() {
  for child in $children; do kill "$child" 2>/dev/null || :; done
  children=
}

# rclone with its progress in the log, that of a part and of all: copies (or as $1 says) the objects whose paths are in the file $4 from $2 to $3.
# Leaves 0 in $code, or 1 when some were not there any more, or were rewritten on their way. Anything else ends the script.
transfer() {
  code=0
  how=$1 from=$2 to=$3
  in_parts "$4"
  transfers=$(($(wc -l <"$4"))) before=0 began=$(date -u +%s)
  for part in "$scratch"/part.*; do
    [ -e "$part" ] || continue
    # Listing all is cheaper than asking for each of many. What is copied is known not to be there.
    look=--no-traverse
    [ "$(wc -l <"$part")" -lt 1000 ] || look=--fast-list
    run_transfer "$look" --no-check-dest --retries 1 || run_transfer --no-traverse --checksum --retries 3 || code=1
    before=$((before + $(wc -l <"$part")))
  done
}

# One call of rclone for transfer, with the options given. Fails when objects were not there, or were rewritten.
run_transfer() {
  part_code=0
  # In one PUT each, as Milvus writes them: what is put in several has no MD5 in its listing.
  rclone --config= --log-level NOTICE --stats 10s --stats-one-line --stats-log-level NOTICE \
    --retries-sleep 1s --low-level-retries 3 --contimeout 10s --timeout 60s --transfers 8 --checkers 16 \
    --s3-upload-cutoff 4G --s3-copy-cutoff 4G --check-first --files-from-raw "$part" "$@" \
    "$how" "$from" "$to" 2>"$scratch/log" &
  children=$!
  (
    shown=
    while sleep 10; do
      line=$(grep ' NOTICE: .*ETA' "$scratch/log" | tail -n 1 | sed 's/.* NOTICE: *//')
      all=
      [ "$before" = 0 ] || all=", all in about $((($(date -u +%s) - began) * (transfers - before) / before)) s"
      [ -z "$line" ] || [ "$line" = "$shown" ] || echo "$line; $before of $transfers objects before$all"
      shown=$line
    done
  ) &
  children="$children $!"
  wait "$(echo "$children" | cut -d' ' -f1)" || part_code=$?
  stop_children
  [ "$part_code" != 0 ] || return 0
  grep ' ERROR *: \|Failed to\|CRITICAL' "$scratch/log" >"$scratch/error" || cp "$scratch/log" "$scratch/error"
  if grep -v 'NoSuchKey\|object not found\|corrupted on transfer' "$scratch/error" | grep -q .; then
    step="$how objects from $from to $to" right='s3:GetObject and s3:PutObject'
    [ "$CREDENTIALS_FROM" = "$DATA_CREDENTIALS_FROM" ] || CREDENTIALS_FROM="$DATA_CREDENTIALS_FROM' or '$CREDENTIALS_FROM"
    give_up
  fi
  return 1
}
