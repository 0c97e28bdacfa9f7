#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='the options of the connection mean what they say'
. "${0%/*}/lib.sh"
. "$TESTS/collectd.sh"
. "$TESTS/front.sh"

# account NAME [OPTION LINES]
account () {
	name=$1
	shift
	printf '%s\n' "<Account \"$name\">" "AccountId \"$ACCOUNT\"" "URL \"https://$FRONT/client/v4\"" \
		"TokenFile \"$PWD/manager.token\"" "Prefix \"$name\"" "$@" '</Account>'
}
CA="CACert \"$PWD/cert.pem\""
# up NAME..., down NAME...
up () {
	for name; do becomes account."$name"/bool-up 1 || return 1; done
}
down () {
	for name; do becomes account."$name"/bool-up 0 || return 1; done
}

start_emulator --instances 2 --rate-limit off --rate-limit off

test_expect_success 'CACert and CAPath, each alone, and nothing without them' '
	front http2 &&
	mkdir ca && cp cert.pem ca/ && openssl rehash ca &&
	mkdir empty &&
	{
		account file "$CA"
		account folder "CAPath \"$PWD/ca\""
		account neither
		account empty "CAPath \"$PWD/empty\""
	} | conf &&
	start_daemon &&
	up file folder && down neither empty &&
	complaints | grep "neither.*certificate" &&
	stop_daemon
'
test_expect_success 'AddressFamily and SSLVersion' '
	stop_process $FRONT_PID &&
	front http2 "ssl_protocols TLSv1.2" &&
	{
		account any "$CA" "AddressFamily \"any\""
		account four "$CA" "AddressFamily \"ipv4\""
		account six "$CA" "AddressFamily \"ipv6\""
		account old "$CA" "SSLVersion \"TLSv1_2\""
		account new "$CA" "SSLVersion \"TLSv1_3\""
	} | conf &&
	start_daemon &&
	up any four old && down six new &&
	complaints | grep "six.*(AddressFamily allows ipv6 only" &&
	! complaints | grep "new.*AddressFamily" &&
	stop_daemon &&
	stop_process $FRONT_PID &&
	front http2 "ssl_protocols TLSv1.3" &&
	account new "$CA" "SSLVersion \"TLSv1_3\"" | conf &&
	start_daemon &&
	up new &&
	stop_daemon
'
make_client () {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=collector \
		-keyout client.key -out client.pem 2>/dev/null &&
	openssl rsa -aes256 -passout pass:opensesame -in client.key -out sealed.key 2>/dev/null &&
	chmod 600 client.key sealed.key
}
test_expect_success 'ClientCert, ClientKey and ClientKeyPass' '
	stop_process $FRONT_PID &&
	make_client &&
	front http2 "ssl_verify_client on" "ssl_client_certificate \"$PWD/client.pem\"" &&
	{
		account with "$CA" "ClientCert \"$PWD/client.pem\"" "ClientKey \"$PWD/client.key\""
		account sealed "$CA" "ClientCert \"$PWD/client.pem\"" "ClientKey \"$PWD/sealed.key\"" \
			"ClientKeyPass \"opensesame\""
		account without "$CA"
	} | conf &&
	start_daemon &&
	up with sealed && down without &&
	stop_daemon &&
	! grep -e opensesame log daemon.out &&
	account wrong "$CA" "ClientCert \"$PWD/client.pem\"" "ClientKey \"$PWD/sealed.key\"" \
		"ClientKeyPass \"shazam-secret\"" | conf &&
	start_daemon &&
	down wrong &&
	stop_daemon &&
	! grep -e shazam-secret log daemon.out
'
# blamed NAME SENTENCE: the one complaint of that account
blamed () {
	complaints | grep "account .$1.: listing instances: $2" && return 0
	complaints
	return 1
}
test_expect_success 'a certificate or key that will not do is named, with its option' '
	echo "no PEM" >no.pem && cp no.pem no.key && cp client.key gone.key && chmod 600 *.key &&
	cp client.pem gone.pem && cp cert.pem gone-ca.pem &&
	# the daemon has read its configuration when it asks for the token
	LATER="CredentialHelper \"!rm -f gone*; echo password=$(cat manager.token); :\"" &&
	later () { account "$@" | sed "s|^TokenFile.*|$LATER|"; } &&
	{
		later no-ca "CACert \"$PWD/no.pem\""
		later gone-ca "CACert \"$PWD/gone-ca.pem\""
		later no-cert "$CA" "ClientCert \"$PWD/no.pem\""
		later gone-cert "$CA" "ClientCert \"$PWD/gone.pem\"" "ClientKey \"$PWD/client.key\""
		later no-key "$CA" "ClientCert \"$PWD/client.pem\"" "ClientKey \"$PWD/no.key\""
		later gone-key "$CA" "ClientCert \"$PWD/client.pem\"" "ClientKey \"$PWD/gone.key\""
		later key-missing "$CA" "ClientCert \"$PWD/client.pem\""
		later other-key "$CA" "ClientCert \"$PWD/client.pem\"" "ClientKey \"$PWD/key.pem\""
	} | conf &&
	chmod 600 key.pem &&
	start_daemon &&
	down no-ca gone-ca no-cert gone-cert no-key gone-key key-missing other-key &&
	blamed no-ca "CACert: there is no certificate in .*/no.pem" &&
	blamed gone-ca "CACert: cannot open .*/gone-ca.pem.: No such file" &&
	blamed no-cert "ClientCert: there is no certificate in .*/no.pem" &&
	blamed gone-cert "ClientCert: cannot open .*/gone.pem.: No such file" &&
	blamed no-key "ClientKey: there is no private key in .*/no.key" &&
	blamed gone-key "ClientKey: cannot open .*/gone.key.: No such file" &&
	blamed key-missing "ClientCert: there is no private key in .*/client.pem.*name its file with ClientKey" &&
	blamed other-key "ClientCert .*/client.pem. cannot be used: .*(ClientKey .*/key.pem. has to be its key" &&
	stop_daemon &&
	keeps_secret log daemon.out && ! grep -F "$(cat manager.token)" log daemon.out
'
test_expect_success 'Header goes along with every request' '
	stop_process $FRONT_PID &&
	FRONT_LOCATION="if (\$http_x_tenant != \"blue sky\") { return 418; }" front http2 &&
	{
		account with "$CA" "Header \"X-Tenant: blue sky\"" "Header \"X-Other: 1\""
		account without "$CA"
	} | conf &&
	start_daemon &&
	up with && down without &&
	complaints | grep "without.*418" &&
	stop_daemon
'
test_expect_success 'the proxy comes from the environment, and no_proxy lets past it' '
	stop_process $FRONT_PID &&
	front http2 &&
	account prod "$CA" | conf &&
	https_proxy=http://127.0.0.1:9 start_daemon &&
	down prod &&
	complaints | grep "not reached" &&
	stop_daemon &&
	account prod "$CA" | conf &&
	https_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1 start_daemon &&
	up prod &&
	stop_daemon
'
# each block's value counts the other's requests too
both_counted () {
	[ "$(value account.one/count-budget_used)" = "$(value account.two/count-budget_used)" ] &&
	[ "$(value account.one/count-budget_used)" -gt "$(value account.one/http_requests-list)" ]
}
test_expect_success 'two blocks with one token share one connection and one budget' '
	{
		account one "$CA" "Interval 1" "RequestBudget 100"
		account two "$CA" "Interval 1" "RequestBudget 200"
	} | conf &&
	: >access.log &&
	start_daemon &&
	up one two &&
	becomes account.one/count-budget_limit 100 &&
	becomes account.two/count-budget_limit 100 &&
	until_true 20 both_counted &&
	stop_daemon &&
	test "$(cut -d" " -f1 access.log | sort -u | wc -l)" = 1
'

test_done
