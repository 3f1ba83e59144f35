#!/bin/sh
# Synthesizes each directory of clusters/ to dist/, one for each Kubernetes cluster.
# In this directory: sh synth.sh [DIST] [PROJECT]. DIST is where to (dist), PROJECT where cdk8s-milvus is (../..).
set -eu
dist=${1:-dist}
project=${2:-../..}
for directory in clusters/*/; do
  kubernetes=$(basename "$directory")
  MILVUS_CONFIG=$directory CDK8S_OUTDIR=$dist/$kubernetes node "$project/synth.js"
done
