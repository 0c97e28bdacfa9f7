#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='a real collectd publishes the state of AI Search instances'
. "${0%/*}/lib.sh"
. "$TESTS/collectd.sh"

make_instance () {
	api POST "/accounts/$ACCOUNT/ai-search/namespaces/${2:-default}/instances" \
		-H 'Content-Type: application/json' \
		-d "{\"id\":\"$1\",\"type\":\"web-crawler\",\"source\":\"example.com\"}" >/dev/null &&
	case $(cat status) in
	20[01]) ;;
	*) cat body; return 1 ;;
	esac
}
idle () {
	[ "$(api_number "namespaces/${2:-default}/instances/$1/stats" queued)" = 0 ] &&
	[ "$(api_number "namespaces/${2:-default}/instances/$1/stats" running)" = 0 ] &&
	[ "$(api_number "namespaces/${2:-default}/instances/$1/stats" completed)" -gt 0 ]
}

make_corpus site 40 && : >site/odd.xyz && start_emulator --site example.com="$PWD/site"

test_expect_success 'values are those of the API, token from a file' '
	make_instance docs &&
	until_true 30 idle docs &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	</Account>
	EOF
	start_daemon &&
	completed=$(api_number namespaces/default/instances/docs/stats completed) &&
	test "$completed" -ge 40 &&
	becomes docs/objects-completed "$completed" &&
	is docs/objects-queued 0 &&
	is docs/objects-running 0 &&
	is docs/objects-error "$(api_number namespaces/default/instances/docs/stats error)" &&
	is docs/objects-skipped "$(api_number namespaces/default/instances/docs/stats skipped)" &&
	is docs/objects-outdated 0 &&
	is docs/percent-processed 100 &&
	is docs/bool-degraded 0 &&
	value docs/duration-data_age &&
	is account.prod/bool-up 1 &&
	is account.prod/count-instances 1 &&
	is account.prod/count-instances_stale 0 &&
	is account.prod/count-instances_ready 1 &&
	value account.prod/http_requests-stats &&
	value account.prod/http_response_codes-200 &&
	value account.prod/response_time-stats &&
	value account.prod/errors-network &&
	value account.prod/count-ratelimit_remaining
'
test_expect_success 'a new instance is followed, and indexing is notified' '
	make_instance young &&
	becomes young/percent-processed 100 30 &&
	until_true 20 grep -q "young.*indexing finished\|young.*appeared" log &&
	api DELETE "/accounts/$ACCOUNT/ai-search/namespaces/default/instances/young" >/dev/null &&
	until_true 20 grep -q "instance .young.: disappeared" log &&
	until_true 20 gone young/objects-completed
'
test_expect_success 'it stops at once, and wrote what it measured' '
	stop_daemon &&
	at_once &&
	ls csv/ci/aisearch-docs/objects-completed-* csv/ci/aisearch-account.prod/bool-up-* &&
	! grep -rqi nan csv &&
	! complaints
'

test_expect_success 'the token comes from a credential helper, asked once' '
	cat >helper <<-\EOF &&
	#!/bin/sh
	cat >>"$HOME/asked"
	echo "op=$1" >>"$HOME/asked"
	env >"$HOME/helper.env"
	ls -l /proc/self/fd >"$HOME/helper.fds"
	printf "username=manager\npassword=%s\n" "$(cat "$HOME/manager.token")"
	EOF
	chmod 700 helper &&
	cp helper "$SANDBOX/helper" &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  CredentialHelper "$SANDBOX/helper"
	  CredentialUsername "reader"
	</Account>
	EOF
	SECRET_OF_DAEMON=$CANARY start_daemon &&
	becomes docs/bool-degraded 0 &&
	until_true 20 sh -c "tail -n 1 csv/ci/aisearch-account.prod/bool-up-* | grep -q ,1" &&
	stop_daemon &&
	cat >expected <<-EOF &&
	protocol=https
	host=$HOSTPORT
	path=accounts/$ACCOUNT
	username=reader

	op=get
	EOF
	cmp expected asked &&
	! grep SECRET_OF_DAEMON helper.env &&
	! grep LD_PRELOAD helper.env &&
	awk "/->/ { n++ } END { exit n > 4 }" helper.fds
'
test_expect_success 'our own helper is the default' '
	{ printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=manager\n" "$HOSTPORT" "$ACCOUNT"
	  printf "password=%s\n\n" "$(cat manager.token)"; } >store.in &&
	git-credential-aisearch store <store.in &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	</Account>
	EOF
	start_daemon &&
	becomes account.prod/bool-up 1 &&
	stop_daemon
'
test_expect_success 'a token in the configuration works too' '
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  Token "$(cat manager.token)"
	</Account>
	EOF
	start_daemon &&
	becomes account.prod/bool-up 1 &&
	stop_daemon
'

test_expect_success 'namespaces, selection, hosts and prefixes' '
	api POST "/accounts/$ACCOUNT/ai-search/namespaces" -H "Content-Type: application/json" \
		-d "{\"name\":\"team\"}" >/dev/null &&
	make_instance docs team &&
	make_instance wiki-de &&
	make_instance wiki-en &&
	conf <<-EOF &&
	<Account "some">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  Instance "docs"
	  Instance "/-de\$/"
	</Account>
	<Account "rest">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  Prefix "rest"
	  Instance "docs"
	  Instance "/-de\$/"
	  IgnoreSelected true
	</Account>
	<Account "team">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  Namespace "team"
	</Account>
	<Account "flat">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  FlatPaths true
	  Host "elsewhere"
	</Account>
	EOF
	start_daemon &&
	becomes account.some/count-instances 2 &&
	becomes account.rest/count-instances 1 &&
	becomes account.team/count-instances 1 &&
	becomes docs/bool-degraded 0 &&
	becomes wiki-de/bool-degraded 0 &&
	becomes rest.wiki-en/bool-degraded 0 &&
	becomes team.docs/bool-degraded 0 &&
	until_true 20 test -d csv/elsewhere/aisearch-wiki-en &&
	until_true 20 test -d csv/elsewhere/aisearch-wiki-de &&
	test -d csv/elsewhere/aisearch-account.flat &&
	test ! -e csv/elsewhere/aisearch-team.docs &&
	gone wiki-en/bool-degraded &&
	gone rest.docs/bool-degraded &&
	stop_daemon &&
	! grep "Value too old" log
'

test_expect_success 'no answer holds up the exit: it hangs, it stops' '
	stop_process $EMULATOR_PID &&
	start_emulator --site example.com="$PWD/site" --fault "GET * hang" &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  Timeout 60000
	</Account>
	EOF
	start_daemon &&
	until_true 20 established &&
	stop_daemon &&
	at_once
'
test_expect_success 'nor does a name lookup that hangs' '
	cat >slow.c <<-\EOF &&
	#include <fcntl.h>
	#include <netdb.h>
	#include <unistd.h>
	int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			struct addrinfo **out)
	{
		(void)node, (void)service, (void)hints, (void)out;
		close(open("looking.up", O_CREAT | O_WRONLY, 0600));
		sleep(30);
		return EAI_AGAIN;
	}
	EOF
	${CC:-cc} -shared -fPIC -o slow.so slow.c &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "https://api.example.net/client/v4"
	  TokenFile "$PWD/manager.token"
	  Timeout 60000
	</Account>
	EOF
	cp slow.so "$SANDBOX/slow.so" &&
	PRELOAD="$PRELOAD $SANDBOX/slow.so" &&
	start_daemon &&
	PRELOAD=$(preload) &&
	until_true 20 test -e looking.up &&
	stop_daemon &&
	at_once
'
test_expect_success 'nor does a helper that hangs' '
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  CredentialHelper "!echo \$\$ >helper.pid; exec sleep 1000; :"
	</Account>
	EOF
	start_daemon &&
	until_true 20 test -s helper.pid &&
	stop_daemon &&
	at_once &&
	! kill -0 "$(cat helper.pid)"
'

test_expect_success 'what the API does not count is not published' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 2 --fault "GET *idle-00002/stats degraded" &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	</Account>
	EOF
	start_daemon &&
	becomes idle-00002/bool-degraded 1 &&
	becomes idle-00001/bool-degraded 0 &&
	value idle-00001/objects-completed &&
	gone idle-00002/objects-completed &&
	gone idle-00002/percent-processed &&
	value idle-00002/duration-data_age &&
	is account.prod/bool-up 1 &&
	stop_daemon &&
	! ls csv/ci/aisearch-idle-00002/objects-* &&
	! grep -rqi nan csv
'

test_expect_success 'more instances than a page holds are all found, within the budget' '
	stop_process $EMULATOR_PID &&
	rm -f requests.log &&
	start_emulator --instances 250 &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	</Account>
	EOF
	start_daemon &&
	becomes account.prod/count-instances 250 &&
	becomes idle-00040/bool-degraded 0 &&
	is account.prod/bool-up 1 &&
	stop_daemon &&
	test "$(grep -c "instances?.*page=[123]&" requests.log)" -ge 3 &&
	test "$(grep -c "/stats 200" requests.log)" -ge 60 &&
	test "$(grep -c "GET " requests.log)" -le 600 &&
	! complaints
'

test_expect_success 'an API that goes away is one line in the log, and it comes back' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 1 &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  Timeout 1000
	  StatsMaxAge 5
	</Account>
	EOF
	start_daemon &&
	becomes account.prod/bool-up 1 &&
	becomes idle-00001/bool-degraded 0 &&
	stop_process $EMULATOR_PID &&
	becomes account.prod/bool-up 0 &&
	is idle-00001/bool-degraded 0 &&
	lines=$(cat csv/ci/aisearch-account.prod/bool-up-* | wc -l) &&
	until_true 20 more_lines $((lines + 3)) &&
	complaints &&
	test "$(complaints | wc -l)" = 1 &&
	grep -q "Notification: severity = FAILURE.*bool.*up" log &&
	# data that is too old is not shown as if it were new
	until_true 30 gone idle-00001/objects-completed &&
	value idle-00001/duration-data_age &&
	becomes account.prod/count-instances_stale 1 &&
	start_emulator --instances 1 --port "$PORT" &&
	becomes account.prod/bool-up 1 30 &&
	becomes idle-00001/bool-degraded 0 &&
	grep "works again" log &&
	test "$(complaints | wc -l)" = 2 &&
	until_true 20 grep -q "Notification: severity = OKAY.*bool.*up" log &&
	stop_daemon
'

test_expect_success 'a token that is refused is asked for again, so a rotated one is taken' '
	(umask 077 && echo "not$CANARY" >rotated.token) &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/rotated.token"
	</Account>
	EOF
	start_daemon &&
	becomes account.prod/bool-up 0 &&
	complaints | grep "401.*(.*put a new one into TokenFile" &&
	value account.prod/http_response_codes-401 &&
	(umask 077 && cat manager.token >rotated.new && mv rotated.new rotated.token) &&
	becomes account.prod/bool-up 1 &&
	stop_daemon
'
test_expect_success 'a token file that cannot be read any more is complained of once' '
	(umask 077 && cat manager.token >rotated.token && mkfifo pipe.token) &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/rotated.token"
	</Account>
	EOF
	start_daemon &&
	becomes account.prod/bool-up 1 &&
	mv rotated.token kept.token &&
	ln -s kept.token rotated.token &&
	until_true 20 grep -q "TokenFile: .*symbolic link.*stays in use" log &&
	mv pipe.token rotated.token &&
	n=$(value_lines) &&
	until_true 20 more_lines $((n + 3)) &&
	is account.prod/bool-up 1 &&
	mv kept.token rotated.token &&
	until_true 20 grep -q "account .prod.: TokenFile: it can be read again" log &&
	is account.prod/bool-up 1 &&
	test "$(complaints | wc -l)" = 2 &&
	stop_daemon
'
test_expect_success 'after a 429 it asks nothing until Retry-After' '
	stop_process $EMULATOR_PID &&
	rm -f requests.log &&
	start_emulator --instances 1 --rate-limit 3/600 &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	</Account>
	EOF
	api GET /user/tokens/verify >/dev/null &&
	api GET /user/tokens/verify >/dev/null &&
	api GET /user/tokens/verify >/dev/null &&
	api GET /user/tokens/verify >/dev/null &&
	start_daemon &&
	becomes account.prod/bool-up 0 &&
	until_true 20 more_lines 4 &&
	ls csv/ci/aisearch-account.prod/http_response_codes-429-* &&
	test "$(grep -c "GET.*instances" requests.log)" = 1 &&
	stop_daemon
'

test_expect_success 'a 429 alone closes the budget, with a second for Retry-After' '
	stop_process $EMULATOR_PID &&
	rm -f requests.log &&
	start_emulator --instances 1 --fault "GET *instances status=429" &&
	conf <<-EOF &&
	<Account "prod">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	</Account>
	EOF
	start_daemon &&
	becomes account.prod/bool-up 0 &&
	until_true 20 more_lines 6 &&
	# every other cycle asks: the one a second later is still closed
	test "$(grep -c "GET.*instances" requests.log)" -le 4 &&
	stop_daemon
'

for fault in status=500 drop truncate html empty notjson success-false null-result wrong-types big; do
	test_expect_success "the list answers '$fault': down, said once, nothing breaks" '
		stop_process $EMULATOR_PID &&
		rm -f emulator.err &&
		start_emulator --instances 1 --fault "GET *instances '"$fault"'" &&
		conf <<-EOF &&
		<Account "prod">
		  AccountId "$ACCOUNT"
		  URL "$API"
		  TokenFile "$PWD/manager.token"
		  Timeout 5000
		</Account>
		EOF
		start_daemon &&
		becomes account.prod/bool-up 0 &&
		complaints &&
		test "$(complaints | wc -l)" = 1 &&
		stop_daemon
	'
done

test_expect_success 'a certificate that does not verify is down, its own authority makes it up' '
	stop_process $EMULATOR_PID &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
		-addext "subjectAltName=IP:127.0.0.1" -keyout key.pem -out cert.pem &&
	chmod 600 key.pem &&
	start_emulator --instances 1 --tls-cert cert.pem --tls-key key.pem &&
	API=https://$HOSTPORT/client/v4 &&
	conf <<-EOF &&
	<Account "careful">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	</Account>
	<Account "told">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  CACert "$PWD/cert.pem"
	  Prefix "told"
	</Account>
	<Account "careless">
	  AccountId "$ACCOUNT"
	  URL "$API"
	  TokenFile "$PWD/manager.token"
	  VerifyPeer false
	  VerifyHost false
	  Prefix "careless"
	</Account>
	EOF
	start_daemon &&
	becomes account.told/bool-up 1 &&
	becomes account.careless/bool-up 1 &&
	becomes account.careful/bool-up 0 &&
	until_true 20 eval "complaints | grep \"careful.*certificate\"" &&
	! grep -q "http_response_codes" csv/ci/aisearch-account.careful/http_response_codes-* &&
	stop_daemon
'

# --- configuration ------------------------------------------------------------

ID="AccountId \"$ACCOUNT\""
TAB=$(printf '\t')
: >public.token && chmod 644 public.token
: >ca.pem && : >private.key && chmod 600 private.key
# block, with % for the canary | what the log must say
cat >bad <<EOF
<Account "a">;</Account>|AccountId is missing
<Account>;$ID;</Account>|needs one name
<Account "a/b">;$ID;</Account>|account name 'a/b' is not
<Account "a">;AccountId "xyz";</Account>|AccountId: account id 'xyz' is not 32 hex digits
<Account "a">;AccountId 5;</Account>|AccountId: expected one string in quotes
<Account "a">;$ID;$ID;</Account>|AccountId is given twice
<Account "a">;$ID;Colour "red";</Account>|unknown option 'Colour'
Interval 5|unknown option 'Interval'
<Account "a">;$ID;Token "x";TokenFile "/x";</Account>|more than one source of the token
<Account "a">;$ID;Token "x";CredentialHelper "y";</Account>|more than one source of the token
<Account "a">;$ID;Token "x y";</Account>|Token:
<Account "a">;$ID;Token "";</Account>|Token:
<Account "a">;$ID;TokenFile "relative";</Account>|TokenFile: 'relative' is not an absolute path
<Account "a">;$ID;TokenFile "$PWD/public.token";</Account>|chmod 600
<Account "a">;$ID;CredentialHelper "";</Account>|CredentialHelper: the credential helper's name is empty
<Account "a">;$ID;Token "x";CredentialUsername "y";</Account>|CredentialUsername is for CredentialHelper only
<Account "a">;$ID;Namespace "Team_1";</Account>|Namespace: 'Team_1' is not a namespace
<Account "a">;$ID;Namespace "team";FlatPaths true;</Account>|FlatPaths knows the namespace 'default' only
<Account "a">;$ID;Namespace "account";</Account>|Prefix
<Account "a">;$ID;Prefix "a.b";</Account>|Prefix: 'a.b' is not
<Account "a">;$ID;Instance "/(/";</Account>|Instance: '/(/' is not a regular expression
<Account "a">;$ID;Instance "";</Account>|Instance: an empty name selects nothing
<Account "a">;$ID;URL "http://api.example.com/client/v4";</Account>|URL: 'http://api.example.com/client/v4' would send the token unencrypted
<Account "a">;$ID;URL "ftp://api.example.com";</Account>|URL: 'ftp://api.example.com' is not an https:// URL
<Account "a">;$ID;URL "https://u:p@api.example.com";</Account>|URL: the URL must not contain a user name
<Account "a">;$ID;URL "https://api.example.com/?x";</Account>|URL: must have no query
<Account "a">;$ID;Interval 0.5;</Account>|Interval: 0.5 is not 1 to 86400 seconds
<Account "a">;$ID;Interval "5";</Account>|Interval: expected one number
<Account "a">;$ID;Timeout 0;</Account>|Timeout: 0 is not 1 to
<Account "a">;$ID;VerifyPeer "maybe";</Account>|VerifyPeer: expected true or false
<Account "a">;$ID;CACert "/nowhere.pem";</Account>|CACert: cannot read '/nowhere.pem'
<Account "a">;$ID;CACert "ca.pem";</Account>|CACert: 'ca.pem' is not an absolute path
<Account "a">;$ID;AddressFamily "ipx";</Account>|AddressFamily: 'ipx' is not any, ipv4 or ipv6
<Account "a">;$ID;CAPath "/nowhere";</Account>|CAPath: cannot read '/nowhere'
<Account "a">;$ID;ClientCert "/nowhere";</Account>|ClientCert: cannot read '/nowhere'
<Account "a">;$ID;ClientKey "$PWD/public.token";</Account>|ClientKey: file '$PWD/public.token' is accessible to others
<Account "a">;$ID;ClientKey "$PWD/private.key";</Account>|ClientKey without ClientCert
<Account "a">;$ID;ClientKeyPass "";</Account>|ClientKeyPass: must not be empty
<Account "a">;$ID;ClientKeyPass "x";</Account>|ClientKeyPass without ClientKey
<Account "a">;$ID;CollectEngine 1;</Account>|CollectEngine: expected true or false (CollectEngine true | false)
<Account "a">;$ID;CollectErrors 1;</Account>|CollectErrors: expected true or false
<Account "a">;$ID;CollectJobs 1;</Account>|CollectJobs: expected true or false
<Account "a">;$ID;CollectSync 1;</Account>|CollectSync: expected true or false
<Account "a">;$ID;CollectToken 1;</Account>|CollectToken: expected true or false
<Account "a">;$ID;MeasureResponseCode 1;</Account>|MeasureResponseCode: expected true or false
<Account "a">;$ID;MeasureResponseTime 1;</Account>|MeasureResponseTime: expected true or false
<Account "a">;$ID;Header "Authorization: Bearer %";</Account>|Header: 'Authorization' is not to be set
<Account "a">;$ID;Header "%";</Account>|Header: is not a name, a colon and a value
<Account "a">;$ID;RequestBudget 0;</Account>|RequestBudget: 0 is not a whole number from 1 to 1000000
<Account "a">;$ID;RequestRate 1.5;</Account>|RequestRate: 1.5 is not a whole number from 1 to 1000000
<Account "a">;$ID;SSLVersion "TLSv1_1";</Account>|SSLVersion: 'TLSv1_1' is not TLSv1_2 or TLSv1_3
<Account "a">;$ID;StallAfter 0;</Account>|StallAfter: 0 is not a whole number from 1 to 604800
<Account "a">;$ID;StatsMaxAge 1e3;</Account>|StatsMaxAge: expected one number, without quotes
<Account "a">;$ID;StatsMaxAge 30;Interval 60;</Account>|StatsMaxAge 30 is less than Interval 60
<Account "a">;$ID;User "x";</Account>|User: the API takes a bearer token (TokenFile or CredentialHelper)
<Account "a">;$ID;<Statistics>;TotalTime true;</Statistics>;</Account>|Statistics: there is no such block here
<Account "a">;$ID;<A>;<B>;<C>;<D>;E 1;</D>;</C>;</B>;</A>;</Account>|unknown option 'A'
<Account "a">;$ID;</Account>;<Account "A">;$ID;Prefix "x";</Account>|two <Account> blocks are called
<Account "a">;$ID;</Account>;<Account "b">;$ID;</Account>|would publish under the same names
EOF
while IFS='|' read -r block message; do
	test_expect_success "refused: $message" '
		printf "%s\n" "$block" | sed "s/%/$CANARY/" | tr ";" "\n" | conf &&
		expect_exit 1 sh -c "LD_PRELOAD=\"$PRELOAD\" ASAN_OPTIONS=detect_leaks=0 /usr/sbin/collectd \
			-f -C c.conf >daemon.out 2>&1" &&
		{ cat daemon.out log 2>/dev/null || :; } >said &&
		cat said &&
		grep -qF -e "$message" said &&
		# and the check without a daemon says the same, with the line
		expect_exit 1 aisearch config check c.conf 2>checked &&
		sed -n "s/^aisearch: config check: c\.conf:[0-9][0-9]*: //p" checked >sentence &&
		cat checked &&
		test -s sentence &&
		grep -qF -f sentence said &&
		keeps_secret said checked
	'
done <bad

test_expect_success 'every option at once' '
	mkdir -p ca &&
	conf <<-EOF &&
	<Account "first">
	  $ID
	  AddressFamily "ipv4"
	  CACert "$PWD/cert.pem"
	  CAPath "$PWD/ca"
	  ClientCert "$PWD/cert.pem"
	  ClientKey "$PWD/key.pem"
	  ClientKeyPass "$CANARY"
	  CollectEngine true
	  CollectErrors true
	  CollectJobs true
	  CollectSync true
	  CollectToken true
	  FlatPaths false
	  Header "X-One: $CANARY"
	  Header "X-Two: 2"
	  Host "elsewhere"
	  IgnoreSelected true
	  Instance "docs"
	  Instance "/^crawl-/"
	  Interval 1.5
	  MeasureResponseCode true
	  MeasureResponseTime true
	  Namespace "team"
	  Prefix "first"
	  RequestBudget 300
	  RequestRate 10
	  SSLVersion "TLSv1_2"
	  StallAfter 600
	  StatsMaxAge 60
	  Timeout 1500
	  TokenFile "$PWD/manager.token"
	  URL "$API"
	  VerifyHost true
	  VerifyPeer true
	</Account>
	<Account "second">
	  $ID
	  CredentialHelper "nowhere $CANARY"
	  CredentialUsername "reader"
	  FlatPaths true
	  URL "$API"
	</Account>
	<Account "third">
	  $ID
	  Prefix "third"
	  Token "$CANARY"
	  URL "$API"
	</Account>
	EOF
	start_daemon &&
	stop_daemon &&
	aisearch config check c.conf >checked 2>&1 &&
	cat checked &&
	test $(wc -l <checked) = 4 &&
	grep "^first .* team .* 1\.5 s .* all but 2 selected .* file .*engine errors jobs sync token" checked &&
	grep "^second .* all .* helper nowhere .* basic time code" checked &&
	grep "^third .* in the file " checked &&
	keeps_secret checked
'

test_expect_success 'no block at all is a warning, not an error' '
	conf </dev/null &&
	start_daemon &&
	grep "no <Account> block" log &&
	stop_daemon
'

test_expect_success 'the canary is in nothing that was written' '
	stop_process $EMULATOR_PID &&
	find . -type f ! -name "*.token" ! -name auth.header ! -name store.in ! -name c.conf >files &&
	while read -r file; do keeps_secret "$file" || return 1; done <files &&
	token=$(cat manager.token) &&
	! find . -type f ! -name "*.token" ! -name auth.header ! -name store.in ! -name c.conf \
		-exec grep -l -e "$token" {} + | grep .
'

test_done
