#!/bin/sh
# The object storage as rclone's remote "s3:". Not run but read, by the scripts beside it that use the storage, after
# they have set $scratch (a directory of theirs) and defined fail:
#
#   S3_ADDRESS, S3_PORT            where
#   S3_SCHEME                      http, or https (http)
#   S3_REGION                      that requests are signed for (us-east-1)
#   S3_CA                          file with the certificate of the CA (those that the image trusts)
#   S3_ACCESS_KEY, S3_SECRET_KEY   never printed
#   CREDENTIALS_FROM               the Secret that holds them, named in messages
#
# Path style, us-east-1 unless another region is given, ListObjects version 1: as the client in Milvus 1.1.1.
#
# shellcheck disable=SC2154 # set by the script that reads this

# Without a key Milvus and rclone both fall back to anonymous requests.
set +u # these may be missing
[ -n "$S3_ACCESS_KEY" ] || fail "S3_ACCESS_KEY is not set or empty: look at Secret '$CREDENTIALS_FROM'"
[ -n "$S3_SECRET_KEY" ] || fail "S3_SECRET_KEY is not set or empty: look at Secret '$CREDENTIALS_FROM'"
scheme=$S3_SCHEME
[ -n "$scheme" ] || scheme=http
region=$S3_REGION
[ -n "$region" ] || region=us-east-1
# A bundle meant for something else makes rclone refuse to start.
unset AWS_CA_BUNDLE
[ -z "$S3_CA" ] || export RCLONE_CA_CERT="$S3_CA"
set -u

export RCLONE_CONFIG_S3_TYPE=s3
export RCLONE_CONFIG_S3_PROVIDER=Other
export RCLONE_CONFIG_S3_ENDPOINT="$scheme://$S3_ADDRESS:$S3_PORT"
export RCLONE_CONFIG_S3_REGION="$region"
export RCLONE_CONFIG_S3_FORCE_PATH_STYLE=true
export RCLONE_CONFIG_S3_LIST_VERSION=1
export RCLONE_CONFIG_S3_NO_CHECK_BUCKET=true
export RCLONE_CONFIG_S3_NO_HEAD=true
export RCLONE_CONFIG_S3_ACCESS_KEY_ID="$S3_ACCESS_KEY"
export RCLONE_CONFIG_S3_SECRET_ACCESS_KEY="$S3_SECRET_KEY"
export RCLONE_CACHE_DIR="$scratch/cache"

# shellcheck disable=SC2034 # for the scripts that read this
untrusted='its certificate is not trusted here: name the Secret of its CA in tls.caSecret, and the name in it in tls.serverName'

# The last error of those that rclone reported, which are read from stdin: on one line, without the key and the secret.
last_error() {
  LC_ALL=C awk '
    function mask(text, secret,    out, at) {
      out = ""
      while (secret != "" && (at = index(text, secret))) {
        out = out substr(text, 1, at - 1) "***"
        text = substr(text, at + length(secret))
      }
      return out text
    }
    /^[0-9]+\/[0-9]+\/[0-9]+ [0-9:]+ / { text = ""; sub(/^[^ ]+ [^ ]+ /, "") }
    { text = text (text == "" ? "" : " ") $0 }
    END {
      # Those of objects-remote.sh, too.
      split("S3_SECRET_KEY DATA_SECRET_KEY S3_ACCESS_KEY DATA_ACCESS_KEY", keys, " ")
      for (i = 1; i <= 4; i++) text = mask(text, ENVIRON[keys[i]])
      gsub(/[^ -~]+/, " ", text)
      print substr(text, 1, 600)
    }'
}

# rclone, to do what $1 says with the right $2. When it can't, the script ends; for a bucket or folder that is not there,
# with the advice $missing.
s3() {
  step=$1 right=$2
  shift 2
  rclone --config= --log-level ERROR --retries 1 --low-level-retries 3 --contimeout 10s --timeout 60s "$@" \
    2>"$scratch/error" || give_up
}

give_up() {
  case $(cat "$scratch/error") in
    *NoSuchBucket* | *'directory not found'*) cure=$missing ;;
    *'invalid header field value'*)
      cure="remove the line break from the access key in Secret '$CREDENTIALS_FROM' (make Secrets with printf, not echo)"
      ;;
    *InvalidAccessKeyId* | *SignatureDoesNotMatch*) cure="correct the keys in Secret '$CREDENTIALS_FROM'" ;;
    *AccessDenied* | *Forbidden*) cure="grant $right to the access key in Secret '$CREDENTIALS_FROM'" ;;
    *AuthorizationHeaderMalformed*) cure="requests are signed for the region $region: set the region of the storage" ;;
    *x509:*) cure=$untrusted ;;
    *'corrupted on transfer'*)
      cure='its ETag of the object is not the MD5: switch encryption with keys of a KMS off for the bucket (SSE-S3 does no harm), and look for a proxy that changes objects'
      ;;
    *QuotaExceeded* | *StorageFull* | *InsufficientStorage* | *'no space left'*)
      cure="make room: the storage, or the quota of the bucket, is full; what was copied is kept and not copied again"
      ;;
    *'no such host'*) cure='the name does not resolve: is it spelled right, with its namespace?' ;;
    *'connection refused'*) cure='nothing listens there: is the storage up, is the port right?' ;;
    *) cure='is the storage up, are its address and TLS set right, does a NetworkPolicy block it?' ;;
  esac
  fail "could not $step (bucket '$S3_BUCKET' at $RCLONE_CONFIG_S3_ENDPOINT): $cure ($(last_error <"$scratch/error"))"
}
