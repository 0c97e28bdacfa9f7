#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='certificates, names and clocks that are wrong, in a real collectd'
. "${0%/*}/lib.sh"
. "$TESTS/collectd.sh"
. "$TESTS/certificates.sh"

# --- certificates ---------------------------------------------------------------

EVERY="IP:127.0.0.1,IP:127.0.0.2,DNS:api.test"
test_expect_success 'certificates are made' '
	make_ca &&
	certificate good "$EVERY" "$LONG_AGO" "$TOMORROW" &&
	certificate expired "$EVERY" "$LONG_AGO" "$YESTERDAY" &&
	certificate wrong-host DNS:other.test "$LONG_AGO" "$TOMORROW" &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
		-addext "subjectAltName=$EVERY" -keyout self-signed.key -out self-signed.pem 2>/dev/null &&
	chmod 600 *.key
'

# serve CERTIFICATE [OPTIONS]: an emulator; its port and pid are in files
serve () {
	cert=$1
	shift
	start_emulator --instances 1 --rate-limit off --rate-limit off \
		--tls-cert "$cert.pem" --tls-key "$cert.key" "$@"
}
account () {	# NAME HOST:PORT
	cat <<-END
	<Account "$1">
	  AccountId "$ACCOUNT"
	  URL "https://$2/client/v4"
	  TokenFile "$PWD/manager.token"
	  CACert "$PWD/ca.pem"
	  Prefix "$1"
	  Timeout 1500
	</Account>
	END
}
told () {
	complaints | grep "account '$1': " | grep -v 'works again'
}
told_once () {	# NAME PATTERN
	told "$1"
	told "$1" | grep -q -e "$2" && test "$(told "$1" | wc -l)" = 1
}
calm_lines () {
	[ "$(cat csv/ci/aisearch-account.calm/bool-up-* | wc -l)" -ge "$1" ]
}
# some: a few more cycles
some () {
	n=$(cat csv/ci/aisearch-account.calm/bool-up-* | wc -l)
	until_true 20 calm_lines $((n + ${1:-3}))
}

test_expect_success 'expired, self-signed, of another host, a handshake that hangs: told, and not trusted' '
	serve good && CALM=$PORT &&
	: >accounts && : >pids &&
	account calm "127.0.0.1:$CALM" >accounts &&
	for bad in expired wrong-host self-signed; do
		serve $bad &&
		echo "$bad $PORT $EMULATOR_PID" >>pids &&
		account $bad "127.0.0.1:$PORT" >>accounts || return 1
	done &&
	echo "127.0.0.1/* blackhole" >control &&
	spawn peer --port-file peer.port --upstream $CALM --control control --log peer.log &&
	until_true 20 test -s peer.port &&
	account handshake "127.0.0.1:$(cat peer.port)" >>accounts &&
	rm -f requests.log && : >requests.log &&
	conf <accounts &&
	start_daemon &&
	becomes account.calm/bool-up 1 &&
	for bad in expired wrong-host self-signed handshake; do
		becomes account.$bad/bool-up 0 || return 1
	done &&
	some &&
	for bad in expired wrong-host self-signed; do
		told_once $bad "certificate" &&
		! ls csv/ci/aisearch-account.$bad/http_response_codes-* || return 1
	done &&
	told_once handshake "no connection in time (" &&
	is account.calm/bool-up 1 &&
	! told calm
'
test_expect_success 'with a certificate that is right they work in the next cycle' '
	: >control.new && mv control.new control &&
	while read -r bad port pid; do
		stop_process $pid &&
		serve good --port $port || return 1
	done <pids &&
	for bad in expired wrong-host self-signed handshake; do
		becomes account.$bad/bool-up 1 5 &&
		becomes $bad.idle-00001/bool-degraded 0 5 &&
		grep "account .$bad.: works again" log &&
		told "$bad" | wc -l | grep -qx 1 || return 1
	done &&
	! told calm &&
	stop_daemon
'

# --- names ----------------------------------------------------------------------

# The daemon sees its own /etc/hosts, and asks nothing else for names.
cat >"$SANDBOX/private" <<EOF
#!/bin/sh
mount --bind "$SANDBOX/hosts" /etc/hosts &&
mount --bind "$SANDBOX/nsswitch" /etc/nsswitch.conf &&
exec "\$@"
EOF
chmod +x "$SANDBOX/private"
echo 'hosts: files' >"$SANDBOX/nsswitch"
# the file itself is mounted: written in place, not replaced
hosts () {
	printf '127.0.0.1 localhost\n%s\n' "${1:-}" >"$SANDBOX/hosts"
}
hosts
test_with_names () {
	if unshare -m "$SANDBOX/private" true 2>/dev/null; then
		test_expect_success "$@"
	else
		test_skip "$1" 'no mount namespace of our own here'
	fi
}

test_with_names 'a name that cannot be looked up, and then can' '
	serve good && NAMED=$PORT NAMED_PID=$EMULATOR_PID &&
	{ account calm "127.0.0.1:$CALM"; account named "api.test:$NAMED"; } | conf &&
	WRAP="unshare -m $SANDBOX/private" &&
	start_daemon &&
	WRAP= &&
	becomes account.named/bool-up 0 &&
	becomes account.calm/bool-up 1 &&
	some &&
	told_once named resolve &&
	hosts "127.0.0.1 api.test" &&
	becomes account.named/bool-up 1 5 &&
	grep "account .named.: works again" log
'
test_with_names 'names are not needed while the connection lasts; after it they are' '
	hosts &&
	some &&
	is account.named/bool-up 1 &&
	stop_process $NAMED_PID &&
	becomes account.named/bool-up 0 5 &&
	serve good --port $NAMED && NAMED_PID=$EMULATOR_PID &&
	hosts "127.0.0.1 api.test" &&
	becomes account.named/bool-up 1 5
'
test_with_names 'an address that changes is found' '
	stop_process $NAMED_PID &&
	becomes account.named/bool-up 0 5 &&
	hosts "127.0.0.2 api.test" &&
	serve good --port $NAMED --address 127.0.0.2 && NAMED_PID=$EMULATOR_PID &&
	becomes account.named/bool-up 1 15 &&
	! told calm
'
test_with_names 'and the daemon stops' '
	stop_daemon
'

# --- clocks ---------------------------------------------------------------------

warp () {
	echo "$1" >warp.new && mv warp.new "$SANDBOX/warp"
}
asked () {
	grep -c "GET.*stats" requests.log
}
asked_more () {
	[ "$(asked)" -ge "$1" ]
}
age_is_about () {	# SECONDS
	age=$(value prod.idle-00001/duration-last_activity_age)
	age=${age%.*}
	[ "${age:-0}" -ge $(($1 - 5)) ] && [ "$age" -le $(($1 + 60)) ]
}
test_expect_success 'a day forward: values flow on, nothing is said' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1 --rate-limit off --rate-limit off && : >requests.log &&
	warp 0 &&
	GLOBAL="LoadPlugin load" &&
	conf <<-END &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  Prefix "prod"
	  CollectSync true
	</Account>
	END
	PRELOAD="$PRELOAD $OUT/warp.so" WARP=$SANDBOX/warp && export WARP &&
	start_daemon &&
	PRELOAD=$(preload) &&
	becomes account.prod/bool-up 1 &&
	becomes prod.idle-00001/bool-degraded 0 &&
	age=$(value prod.idle-00001/duration-last_activity_age) &&
	warp 86400 &&
	until_true 10 age_is_about $((${age%.*} + 86400)) &&
	is account.prod/bool-up 1 &&
	value prod.idle-00001/objects-completed &&
	! complaints
'
csv_more () {	# PLUGIN/TYPE LINES
	[ "$(cat csv/ci/$1-* | wc -l)" -ge "$2" ]
}
flows () {	# PLUGIN/TYPE: new values come
	until_true 10 csv_more "$1" $(($(cat csv/ci/$1-* | wc -l) + 3)) ||
		{ tail -n 3 csv/ci/$1-*; return 1; }
}
# collectd 5.12 itself reads nothing until such a clock has caught up: see load
test_expect_success 'a day back: the daemon waits for it, ours goes on asking' '
	warp 0 &&
	until_true 10 asked_more $(($(asked) + 4)) &&
	kill -0 "$DAEMON" &&
	! complaints
'
test_expect_success 'and forward again: values flow as those of other plugins do' '
	warp 86420 &&
	flows load/load &&
	flows aisearch-account.prod/bool-up &&
	flows aisearch-prod.idle-00001/objects-completed &&
	is account.prod/bool-up 1 &&
	! complaints &&
	! grep -rqi nan csv
'
test_expect_success 'it stops at once, two days off' '
	warp -86400 &&
	until_true 10 asked_more $(($(asked) + 2)) &&
	stop_daemon &&
	at_once
'
test_expect_success 'the token is in no log' '
	token=$(cat manager.token) &&
	! grep -rqF -e "$token" -e "$CANARY" log daemon.out peer.log csv emulator.err requests.log
'

test_done
