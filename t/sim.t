#!/bin/sh
# SPDX-License-Identifier: MIT
# The poller's real code against a simulated account; see t/sim/main.c and cases.h.
sim=${OUT:-$(dirname "$0")/../build}/sim
case ${VARIANT:-release} in
release) exec "$sim" ;;
*) exec "$sim" short ;;
esac
