#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch status for other programs: they are told whatever happens, in their own words'
. "${0%/*}/lib.sh"

test_expect_success 'setup: an emulator with three instances, and a vault with the manager token' '
	start_emulator --instances 3 --fault "GET *idle-00002/stats status=404/7063" \
		--fault "GET *namespaces/refuse/* status=401" --fault "GET *namespaces/edge/* html" \
		--fault "GET *namespaces/mute/* hang" --fault "GET *namespaces/gone/* drop" &&
	CLOUDFLARE_API_BASE_URL=$API && export CLOUDFLARE_API_BASE_URL &&
	aisearch login --role manager --account $ACCOUNT <manager.token &&
	ai status --format prometheus
'

test_expect_success '--timeout: the reason is the last failure, not that there is no more time to try' '
	for timeout in 1 2 3; do
		expect_exit 1 ai status -n edge --timeout $timeout && says "listing instances: HTTP 502" || return 1
		expect_exit 1 ai status -n gone --timeout $timeout && says "listing instances: the connection was cut off" || return 1
		expect_exit 1 ai status idle-00001 -n edge --timeout $timeout && says "HTTP 502" || return 1
	done &&
	expect_exit 1 ai status -n edge --budget 1 && says "listing instances: HTTP 502" &&
	expect_exit 3 ai status -n mute --timeout 1 && says "listing instances: no complete answer" &&
	expect_exit 3 ai status --complete --rate 1 --timeout 1 && says "3 of 3 instances were not asked"
'

test_expect_success '--timeout: what was read is shown, though another try of one would come too late' '
	stop_process $EMULATOR_PID && start_emulator --instances 3 --fault "GET *idle-00003/stats status=503" &&
	CLOUDFLARE_API_BASE_URL=$API && aisearch login --role manager --account $ACCOUNT <manager.token &&
	expect_exit 1 ai status --account $ACCOUNT --timeout 1 && says "stats of .idle-00003.*503" &&
	grep -q "^idle-00001 .*100%" out
'
test_done
