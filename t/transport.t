#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='one connection, kept, renewed and given up in time, behind a real front'
. "${0%/*}/lib.sh"
. "$TESTS/collectd.sh"

. "$TESTS/front.sh"

connections () {
	cut -d' ' -f1 access.log | sort -u | wc -l
}
requests () {
	grep -c . access.log
}

more_requests () {
	[ "$(requests)" -gt "$1" ]
}
# no request for a moment: between two cycles
quiet () {
	before=$(requests)
	sleep 0.2
	[ "$(requests)" = "$before" ]
}

# --- the daemon -----------------------------------------------------------------

# watched URL [MORE]: the account's block
watched () {
	cat <<-END
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$1/client/v4"
	  TokenFile "$PWD/manager.token"
	  CACert "$PWD/cert.pem"
	  ${2:-}
	</Account>
	END
}
watch () {
	watched "$@" | conf && start_daemon
}
# have_values N: so many instances have been told
have_values () {
	[ "$(ls -d csv/ci/aisearch-idle-* 2>/dev/null | wc -l)" -ge "$1" ]
}
lines () {
	cat csv/ci/aisearch-account.prod/bool-up-* | wc -l
}
some () {	# so many more values
	until_true 20 test -e csv/ci/aisearch-account.prod &&
	until_true 30 more_lines $(($(lines) + $1))
}
always_up () {
	! complaints &&
	awk -F, '$1 != "epoch" && $2 + 0 != 1 { bad = 1 } END { exit bad }' csv/ci/aisearch-account.prod/bool-up-*
}
descriptors () {
	ls "/proc/$DAEMON/fd" | wc -l
}
emulator () {	# INSTANCES [OPTIONS]
	stop_process "${EMULATOR_PID:-}"
	instances=$1
	shift
	start_emulator --instances "$instances" --rate-limit off --rate-limit off "$@"
}
NOTES=
note () {
	NOTES="$NOTES# $*
"
	echo "$*"
}
# told_requests: as the daemon counts them
told_requests () {
	for file in csv/ci/aisearch-account.prod/http_requests-*; do tail -n 1 "$file"; done |
		awk -F, '{ n += $2 } END { print int(n) }'
}
# what the tests measured, as comments of TAP
tell () {
	printf %s "$NOTES"
	NOTES=
}

# Milliseconds: without a wake-up of the poll it would be some 150.
EXIT_MS=100
[ "$VARIANT" = asan ] && EXIT_MS=500
stopped_in_time () {
	note "exit after $TOOK ms" && [ "$TOOK" -lt $EXIT_MS ]
}

test_expect_success 'HTTP/2: one connection carries everything, many requests at once' '
	emulator 50 --latency 200 &&
	front http2 &&
	watch https://$FRONT &&
	until_true 6 have_values 50 &&
	some 3 &&
	always_up &&
	note "$(requests) requests on $(connections) connection(s)" &&
	test "$(connections)" = 1 &&
	! grep -v " HTTP/2.0 200 " access.log &&
	stop_daemon &&
	stopped_in_time
'
tell
test_expect_success 'a server that ends connections after 5 requests: no value is lost, nothing is said' '
	stop_process $FRONT_PID &&
	emulator 50 --latency 20 &&
	front http2 "keepalive_requests 5" &&
	watch https://$FRONT &&
	until_true 6 have_values 50 &&
	some 4 &&
	always_up &&
	note "$(requests) requests on $(connections) connections, $(told_requests) told" &&
	test "$(connections)" -ge 5 &&
	test "$(connections)" -le $(($(requests) / 5 * 3 + 2)) &&
	stop_daemon
'
tell
# The most that were in use at once: between its first and its last line each.
at_once () {
	awk '{ last[$1] = NR; line[NR] = $1 }
	END {
		for (i = 1; i <= NR; i++) {
			if (!seen[line[i]]++ && ++open > most) most = open
			if (last[line[i]] == i) open--
		}
		print most
	}' access.log
}
test_expect_success 'one that ends them after 50: libcurl makes one new connection for each, not six' '
	stop_process $FRONT_PID &&
	emulator 250 &&
	front http2 "keepalive_requests 50" &&
	watch https://$FRONT "Interval 2
	  RequestBudget 6000" &&
	until_true 20 have_values 250 &&
	some 3 &&
	always_up &&
	stop_daemon &&
	note "$(requests) requests on $(connections) connections, $(at_once) at once" &&
	test "$(connections)" -ge 5 &&
	test "$(connections)" -le $(($(requests) / 50 + 2)) &&
	test "$(at_once)" -le 3
'
tell
test_expect_success 'a connection that the server closes between two cycles is not missed' '
	stop_process $FRONT_PID &&
	emulator 3 &&
	front http2 "keepalive_timeout 1s" &&
	watch https://$FRONT "Interval 2" &&
	some 4 &&
	have_values 3 &&
	always_up &&
	note "$(connections) connections" &&
	test "$(connections)" -ge 3 &&
	stop_daemon
'
tell
test_expect_success 'nor one of a server that is restarted' '
	stop_process $FRONT_PID &&
	front http2 &&
	watch https://$FRONT "Interval 2" &&
	some 1 &&
	test "$(connections)" = 1 &&
	n=$(requests) &&
	until_true 10 more_requests $n &&
	until_true 10 quiet &&
	stop_process $FRONT_PID &&
	FRONT_PORT=${FRONT##*:} && front http2 && FRONT_PORT= &&
	some 2 &&
	test "$(requests)" -ge 2 &&
	always_up &&
	stop_daemon
'
test_expect_success 'HTTP/1.1 only: a handful of connections, and they are kept' '
	stop_process $FRONT_PID &&
	emulator 50 --latency 50 &&
	front "" &&
	watch https://$FRONT &&
	until_true 10 have_values 50 &&
	some 3 &&
	always_up &&
	! grep -v " HTTP/1.1 200 " access.log &&
	note "$(requests) requests on $(connections) connections, $(told_requests) told" &&
	test "$(connections)" -le 6 &&
	stop_daemon
'
tell
page_bytes () {
	awk '$6 ~ /instances\?/ { print $4; exit }' access.log
}
test_expect_success 'compressed answers are asked for' '
	stop_process $FRONT_PID &&
	emulator 100 &&
	front http2 &&
	watch https://$FRONT &&
	becomes account.prod/count-instances 100 &&
	stop_daemon &&
	plain=$(page_bytes) &&
	stop_process $FRONT_PID &&
	front http2 "gzip on" "gzip_types application/json" "gzip_proxied any" &&
	watch https://$FRONT &&
	becomes account.prod/count-instances 100 &&
	always_up &&
	stop_daemon &&
	note "a page of 100: $plain bytes, $(page_bytes) compressed" &&
	test "$(page_bytes)" -gt 0 &&
	test "$(page_bytes)" -lt $((plain / 5))
'
tell
# more than once, because others come and go: collectdctl's, the file that csv writes
few_descriptors () {
	with=$(descriptors)
	[ $((with - alone)) -le 10 ]
}
cat >"$SANDBOX/limited" <<\EOF
#!/bin/sh
ulimit -n 1024
exec "$@"
EOF
chmod +x "$SANDBOX/limited"
for many in 1000 5000; do
	test_expect_success "$many instances with 1024 descriptors, of which it takes ten at most" '
		stop_process $FRONT_PID &&
		emulator $many &&
		front http2 &&
		conf </dev/null &&
		sed -i "/LoadPlugin aisearch/,\$d" c.conf &&
		start_daemon &&
		until_true 20 collectdctl -s "$PWD/s" listval &&
		alone=$(descriptors) &&
		stop_daemon &&
		WRAP=$SANDBOX/limited &&
		watch https://$FRONT "Timeout 10000" &&
		WRAP= &&
		grep -q "open files *1024" "/proc/$DAEMON/limits" &&
		becomes account.prod/count-instances $many &&
		until_true 20 have_values 50 &&
		until_true 5 few_descriptors &&
		note "descriptors: $alone without us, $with with $many instances" &&
		test "$(connections)" = 1 &&
		always_up &&
		stop_daemon &&
		stopped_in_time
	'
	tell
done

# --- requests that libcurl itself sends again -------------------------------------

# most_in_a_second SECOND: of the times on standard input
most_in_a_second () {
	sort -n | awk -v second="$1" '{ t[NR] = $1 } END {
		for (i = j = 1; i <= NR; i++) {
			while (t[j] <= t[i] - second) j++
			if (i - j + 1 > most) most = i - j + 1
		}
		print most + 0
	}'
}
begun () {	# the front writes a request down when it ends, or is cut off
	awk '{ printf "%.3f\n", $7 - $8 }' access.log
}
late_peer () {
	rm -f peer.port peer.log &&
	: >control &&
	spawn peer --port-file peer.port --upstream ${FRONT##*:} --control control --log peer.log &&
	PEER_PID=$SPAWNED &&
	until_true 20 test -s peer.port
}
counted () {
	asked=$(grep -c . "$1") && told=$(told_requests) && [ "$told" = "$asked" ]
}
counted_in_both () {
	asked=$(cat first.log access.log | grep -c .) && [ "$(told_requests)" = "$asked" ]
}
told_at_least () {
	[ "$(told_requests)" -ge "$(grep -c . "$1")" ]
}
stop_process "${FRONT_PID:-}"
test_expect_success 'HTTP/1.1, each second request of a connection is lost: every repeat is counted and paced' '
	emulator 20 &&
	rm -f peer.port peer.log &&
	echo "* close-second" >control &&
	spawn peer --port-file peer.port --upstream $PORT --control control --log peer.log &&
	PEER_PID=$SPAWNED &&
	until_true 20 test -s peer.port &&
	watch http://127.0.0.1:$(cat peer.port) "Interval 8
	  RequestRate 10" &&
	until_true 30 have_values 20 &&
	until_true 20 counted peer.log &&
	most=$(awk "{ print \$NF }" peer.log | most_in_a_second 1000) &&
	note "$asked requests at the server, $told told; $most within a second" &&
	test "$told" = "$asked" &&
	test "$asked" -gt 21 &&
	test "$most" -le 10 &&
	always_up &&
	stop_daemon &&
	stop_process $PEER_PID
'
tell
test_expect_success 'HTTP/2, a connection lost and 1.5 s until the next: what waited is paced as it leaves' '
	emulator 60 &&
	front http2 &&
	late_peer &&
	watch https://127.0.0.1:$(cat peer.port) "Interval 6
	  RequestBudget 6000
	  RequestRate 20" &&
	until_true 30 have_values 60 &&
	until_true 10 quiet &&
	echo "* late" >control.new && mv control.new control &&
	cp access.log first.log &&
	stop_process $FRONT_PID &&
	FRONT_PORT=${FRONT##*:} && front http2 && FRONT_PORT= &&
	until_true 20 more_requests 50 &&
	until_true 10 counted_in_both &&
	most=$(begun | most_in_a_second 1) &&
	note "$(requests) requests, $most within a second" &&
	test "$most" -le 20 &&
	test "$(connections)" = 1 &&
	stop_daemon &&
	stop_process $PEER_PID
'
tell
test_expect_success 'HTTP/2, connections that are cut in the middle: never more than the rate, and all counted' '
	stop_process $FRONT_PID &&
	emulator 60 --latency 300 &&
	front http2 &&
	late_peer &&
	echo "* cut" >control.new && mv control.new control &&
	watch https://127.0.0.1:$(cat peer.port) "Interval 10
	  RequestRate 20" &&
	until_true 40 have_values 60 &&
	until_true 10 quiet &&
	until_true 10 told_at_least access.log &&
	most=$(begun | most_in_a_second 1) &&
	note "$(requests) requests on $(connections) connections, $(told_requests) told, $most within a second" &&
	test "$(requests)" -gt 61 &&
	test "$most" -le 20 &&
	always_up &&
	stop_daemon &&
	stop_process $PEER_PID
'
tell

# --- the exit -------------------------------------------------------------------

syn_sent () {
	awk -v port=":$(printf %04X "$(cat peer.port)")" \
		'$3 ~ port "$" && $4 == "02" { found = 1 } END { exit !found }' /proc/net/tcp
}
in_peer_log () {
	grep -q "$1" peer.log
}
stop_process "${FRONT_PID:-}"
# where it hangs | the fault | scheme | how to know that it does
while IFS='|' read -r where what scheme known; do
	test_expect_success "the API hangs in $where: it stops at once" '
		emulator 1 &&
		rm -f peer.port peer.log &&
		echo "* $what" >control &&
		spawn peer --port-file peer.port --upstream $PORT --control control --log peer.log &&
		PEER_PID=$SPAWNED &&
		until_true 20 test -s peer.port &&
		until_true 20 test -e peer.log &&
		watch $scheme://127.0.0.1:$(cat peer.port) "Timeout 60000" &&
		until_true 10 $known &&
		stop_daemon &&
		stopped_in_time &&
		stop_process $PEER_PID
	'
	tell
done <<EOF
connect|deaf|http|syn_sent
the TLS handshake|blackhole|https|in_peer_log blackhole
waiting for headers|blackhole|http|in_peer_log blackhole
the headers|slow-headers|http|in_peer_log slow-headers
the body|drip|http|in_peer_log drip
EOF
test_expect_success 'it stops at once between two cycles, too' '
	front http2 &&
	watch https://$FRONT "Interval 60" &&
	until_true 10 more_requests 1 &&
	until_true 10 quiet &&
	stop_daemon &&
	stopped_in_time
'
tell
test_expect_success 'the token is in no log' '
	token=$(cat manager.token) &&
	! grep -rqF -e "$token" -e "$CANARY" log daemon.out peer.log csv emulator.err requests.log \
		access.log ngx.err ngx.out
'

test_done
