#!/usr/bin/env bash
# A Docker engine for the tests, and a base image for the Dockerfile, where a machine has neither and
# no image registry can be asked. For tests alone: an engine of one's own is better in every other way.
#
#   engine.sh up                    prints what DOCKER_HOST has to be; installs and starts an engine if none answers
#   engine.sh base IMAGE            prints whether IMAGE was there, was pulled, or is a stand-in that this made
#   engine.sh down                  ends the engine that "up" started, and removes all that it made
#
# What it starts is a real dockerd, with real builds, health checks, restart policies and cgroups. Only
# networks are left out, as they would need rights over the machine's own: use --network=host.
set -euo pipefail

home=${HOLDFAST_ENGINE:-/tmp/holdfast-engine}
socket=unix://$home/docker.sock

say() { echo "engine: $*" >&2; }
refuse() { say "$*"; exit 1; }

# Whether an engine answers, and not only its client.
answers() { command -v docker >/dev/null && docker version >/dev/null 2>&1; }

install_package() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null; }

install_engine() {
  command -v dockerd >/dev/null && command -v docker >/dev/null && return
  command -v apt-get >/dev/null || refuse 'there is no dockerd, and no apt-get to install one with'
  say 'installing docker.io'
  apt-get update -qq >&2 && install_package docker.io || refuse 'docker.io cannot be installed'
  # Debian 13 has the client in a package of its own.
  command -v docker >/dev/null || install_package docker-cli || refuse 'docker-cli cannot be installed'
}

up() {
  if answers; then
    echo "${DOCKER_HOST:-unix:///var/run/docker.sock}"
    return
  fi
  export DOCKER_HOST=$socket
  if answers; then
    echo "$socket"
    return
  fi
  [ "$(uname -s)" = Linux ] || refuse 'an engine can be started on Linux alone'
  [ "$(id -u)" = 0 ] || refuse 'an engine can be started by root alone'
  install_engine
  mkdir -p "$home"
  setsid dockerd --host "$socket" --data-root "$home/data" --exec-root "$home/exec" --pidfile "$home/pid" \
    --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --exec-opt native.cgroupdriver=cgroupfs >"$home/log" 2>&1 </dev/null &
  for _ in $(seq 300); do
    if answers; then
      echo "$socket"
      return
    fi
    sleep 0.1
  done
  tail -n 20 "$home/log" >&2
  refuse 'the engine does not answer after 30 s'
}

base() {
  local image=$1
  if docker image inspect "$image" >/dev/null 2>&1; then
    echo "$image was there"
  elif timeout 120 docker pull --quiet "$image" >/dev/null 2>&1; then
    echo "$image was pulled"
  else
    stand_in "$image"
    echo "$image is a stand-in, of Debian's packages and our own Node: no registry has it for us"
  fi
}

# What the official image consists of, as far as our Dockerfile can tell: a small Debian, the user
# "node", Node and npm. And tini, since there is no apt-get in it to get that with.
stand_in() {
  local root=$home/root packages=$home/packages
  command -v apt-get >/dev/null || refuse 'a stand-in for the base image needs apt-get'
  rm -rf "$root" && mkdir -p "$root" "$packages"
  if [ ! -e "$packages/all" ]; then
    (
      cd "$packages"
      apt-cache depends --recurse --no-{recommends,suggests,conflicts,breaks,replaces,enhances} \
        base-files base-passwd bash coreutils dash grep libatomic1 libstdc++6 sed tini | grep '^[a-z]' | sort -u |
        xargs apt-get download -qq -o APT::Sandbox::User=root >&2
      touch all
    ) || refuse "Debian's packages cannot be downloaded"
  fi
  for package in "$packages"/*.deb; do dpkg-deb --extract "$package" "$root"; done
  rm -rf "$root"/usr/share/{doc,man,locale}
  ln -sf dash "$root/bin/sh"
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  echo 'node:x:1000:1000::/home/node:/bin/bash' >>"$root/etc/passwd"
  echo 'node:x:1000:' >>"$root/etc/group"
  mkdir -p "$root"/{home/node,tmp,proc,sys,dev,etc/ssl/certs,usr/local/bin,usr/local/etc,usr/local/lib/node_modules}
  chmod 1777 "$root/tmp"
  chown 1000:1000 "$root/home/node"
  install -m 755 "$(readlink -f "$(command -v node)")" "$root/usr/local/bin/node"
  cp -a "$(dirname "$(dirname "${npm_execpath:?run this through npm}")")" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  # A machine that reaches the npm registry through a proxy of its own has the proxy's certificate among its own.
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  echo 'cafile=/etc/ssl/certs/ca-certificates.crt' >"$root/usr/local/etc/npmrc"
  tar -C "$root" --numeric-owner -cf - . |
    docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "$1" >/dev/null
  rm -rf "$root"
}

down() {
  [ -f "$home/pid" ] || return 0
  local engine
  engine=$(cat "$home/pid")
  kill "$engine"
  for _ in $(seq 300); do
    if ! kill -0 "$engine" 2>/dev/null; then
      # The network that it shared with the machine is still mounted there.
      umount "$home"/exec/netns/* 2>/dev/null || true
      rm -rf "$home"
      return
    fi
    sleep 0.1
  done
  refuse "the engine, process $engine, does not end"
}

case ${1:-} in
  up) up ;;
  base) base "${2:?an image}" ;;
  down) down ;;
  *) refuse 'up, base or down?' ;;
esac
