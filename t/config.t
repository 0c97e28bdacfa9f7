#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch config check says what a real collectd says'
. "${0%/*}/lib.sh"

# collectd is not instrumented: the sanitizers' runtime must be there before our plugin.
preload () {
	[ "$VARIANT" = asan ] || return 0
	ldd "$OUT/aisearch.so" | awk '/lib(asan|clang_rt\.asan)[^ ]* => \// { print $3; exit }' |
		grep . || clang -print-file-name=libclang_rt.asan-x86_64.so
}
PRELOAD=$(preload)

# daemon_reads FILE: what collectd says of it is in said.  A plugin that there is not stands
# first, so that the daemon always ends by itself: accepted is what it complains of nothing
# else.
daemon_reads () {
	{ cat <<-EOF &&
		FQDNLookup false
		Hostname "ci"
		BaseDir "$PWD"
		TypesDB "/usr/share/collectd/types.db"
		PluginDir "$OUT"
		LoadPlugin no_such
		EOF
	  cat "$1"; } >real.conf &&
	expect_exit 1 sh -c "LD_PRELOAD='$PRELOAD' ASAN_OPTIONS=detect_leaks=0 exec timeout 20 \
		/usr/sbin/collectd -f -C real.conf >said 2>&1"
}
checked () {
	aisearch config check "$1" >out 2>err
	code=$?
	cat out err
	return $code
}

# The last line of a row may lack its end: "$" there takes it away.
make_file () {
	printf '%s\n' "$1" | sed "s/%/$CANARY/" | tr ';~' '\n\r' >whole
	case $1 in
	*'$') head -c -2 whole >file ;;
	*) cp whole file ;;
	esac
}

ID="AccountId \"$ACCOUNT\""
A='LoadPlugin aisearch;<Plugin aisearch>;<Account "a">;'"$ID"
Z='</Account>;</Plugin>'
: >public.token && chmod 644 public.token

# ; is a line end, ~ a carriage return, % the canary.  Then what both do: "accept", "syntax"
# (each in its own words), or refuse with the same sentence, which has this in it.
cat >rows <<EOF
$A;$Z|accept
$A;Interval 10;$Z|accept
$A;Interval 1.5;$Z|accept
$A;Interval +5;$Z|accept
$A;Interval 0x10;$Z|accept
$A;Interval .5;$Z|Interval: 0.5 is not
$A;Interval -5;$Z|Interval: -5 is not
$A;Interval 1e3;$Z|Interval: expected one number
$A;Interval 1.5e2;$Z|Interval: expected one number
$A;Interval 1.5e+2;$Z|accept
$A;Interval 10s;$Z|Interval: expected one number
$A;Interval 10,;$Z|accept
$A;Interval 1 0;$Z|Interval: expected one number
$A;INTERVAL 10;$Z|accept
$A;Interval 0;$Z|Interval: 0 is not 1 to 86400 seconds (0 does not mean
$A;Interval 10;Timeout 10000;$Z|accept
$A;Timeout 10001;Interval 10;$Z|Timeout 10001 ms is longer than Interval 10 s (from 1 to 10000
$A;VerifyPeer true;$Z|accept
$A;VerifyPeer FALSE;$Z|accept
$A;VerifyPeer "off";$Z|accept
$A;VerifyPeer maybe;$Z|VerifyPeer: expected true or false
$A;VerifyPeer 1;$Z|VerifyPeer: expected true or false
$A;Namespace team;$Z|accept
$A;Namespace my-team;$Z|Namespace: expected one string
$A;Namespace "my-team";$Z|accept
$A;Namespace "my\\-team";$Z|accept
$A;Namespace "my-\\;  team";$Z|accept
$A;Namespace "my-;team";$Z|Namespace: 'my-\\x0ateam' is not
$A;Namespace "my-\\~;team";$Z|Namespace: 'my-\\x0d\\x0ateam' is not
$A;Namespace \\;"team";$Z|accept
$A;Instance "/^a\\\\.b\$/";$Z|accept
$A;Instance "/(/";$Z|Instance: '/(/' is not a regular expression
$A;Host 127.0.0.1;$Z|accept
$A;Host ::1;$Z|accept
$A;Host a.b;$Z|Host: expected one string
$A;Host "";$Z|Host: must not be empty
$A;Host "a/b";$Z|Host: 'a/b' has a slash in it
$A;Instance "//";$Z|Instance: '//' is an empty regular expression
$A;Instance "/./";$Z|accept
$A;IgnoreSelected true;$Z|accept
$A;# Interval 0;$Z|accept
$A;Interval 10# ten;$Z|accept
$A;Header "X: #";$Z|accept
$A;Header "X-%";$Z|Header: is not a name, a colon and a value
$A;Token "% %";$Z|Token:
$A;TokenFile "$PWD/public.token";$Z|chmod 600
$A;<Interval 5>;</Interval>;$Z|accept
$A;<Interval 5>;A 1;</Interval>;$Z|Interval: is an option, not a block
$A;<Statistics>;</Statistics>;$Z|accept
$A;<Statistics>;A 1;</Statistics>;$Z|Statistics: there is no such block here
$A;</Account>;<Account "b">;$ID;$Z|would publish under the same names
$A;$Z;<Plugin aisearch>;<Account "b">;$ID;$Z|would publish under the same names
$A;$Z;<Plugin "AISearch">;<Account "A">;$ID;$Z|two <Account> blocks are called
$A;$Z;<Plugin other>;Interval x y z;</Plugin>|accept
$A;Include "x";$Z|unknown option 'Include'
<LoadPlugin aisearch>;Interval 10;</LoadPlugin>;<plugin aisearch>;<account "a">;$ID;</account>;</plugin>|accept
LoadPlugin aisearch;<Plugin aisearch>;Interval 5;</Plugin>|unknown option 'Interval'
LoadPlugin aisearch~;<Plugin aisearch>~;<Account "a">~;$ID~;</Account>~;</Plugin>~|accept
$A;Interval;$Z|syntax
$A;Interval /x;$Z|syntax
$A;5 Interval;$Z|syntax
$A;on 1;$Z|syntax
$A;"Interval" 5;$Z|syntax
$A;Interval 5>;$Z|syntax
$A;</account>;</Plugin>|syntax
$A;</Plugin>;</Account>|syntax
$A;</Account>|syntax
$A;$Z;</Plugin>|syntax
$A;$Z$|syntax
$A;$Z;# no line end after this$|accept
$A;<Account;>;$Z|syntax
$A;<>;$Z|syntax
$A;<Foo>Interval 5;</Foo>;$Z|syntax
$A;Interval 5</Account>;</Plugin>|syntax
EOF
while IFS='|' read -r text expected; do
	name=$(printf %s "$text" | sed "s/$ACCOUNT/.../; s/^LoadPlugin.*\.\.\.\";//; s/;<.Account>;<.Plugin>\$//")
	test_expect_success "$expected: $name" '
		make_file "$text" &&
		daemon_reads file &&
		cat said &&
		case $expected in
		accept)
			checked file &&
			grep -q "no_such" said &&
			! grep "aisearch plugin:\|Parse error" said
			;;
		syntax)
			expect_exit 1 checked file &&
			grep -q "Parse error" said &&
			grep -q "^aisearch: config check: file:[0-9][0-9]*: " err
			;;
		*)
			expect_exit 1 checked file &&
			sed -n "s/^aisearch: config check: file:[0-9][0-9]*: //p" err >sentence &&
			sed -n "s/^  hint: \(.*\)/ (\1)/p" err >hint &&
			test -s sentence &&
			printf "%s%s\n" "$(cat sentence)" "$(cat hint)" >ours &&
			sed -n "s/^.*aisearch plugin: \(.*[^.]\)\$/\1/p" said >theirs &&
			diff theirs ours &&
			grep -qF -e "$expected" ours
			;;
		esac &&
		keeps_secret out err said
	'
done <rows

test_expect_success 'this test would notice' '
	make_file "$A;$Z" &&
	daemon_reads file && ! grep "aisearch plugin:" said &&
	make_file "$A;Interval 0;$Z" &&
	daemon_reads file && grep "aisearch plugin:.*Interval: 0 is" said &&
	make_file "$A;Interval" && daemon_reads file && grep "Parse error" said
'

# check TEXT: on standard input, as messages name it
check () {
	make_file "$1" &&
	aisearch config check - <file >out 2>err
	code=$?
	cat out err
	return $code
}

test_expect_success 'the line of a mistake is told' '
	expect_exit 1 check "$A;;# x;Interval 0;$Z" &&
	says "^aisearch: config check: (standard input):7: <Account .a.>: Interval: 0 is not" &&
	expect_exit 1 check "LoadPlugin aisearch;<Plugin aisearch>;;<Account x>;Host y;$Z" &&
	says ":4: <Account .x.>: AccountId is missing" &&
	expect_exit 1 check "$A;Interval" && says ":5: expected a value"
'
test_expect_success 'each account is a line, with no secret' '
	check "$A;Token \"%\";</Account>;<Account b>;$ID;Prefix b;Interval 5;Namespace team
		CredentialHelper \"!echo password=secret\";Instance docs;CollectJobs on;MeasureResponseTime off
		</Account>;<Account c>;$ID;Prefix c;CredentialHelper \"aisearch --vault secret\";$Z" &&
	test $(wc -l <out) = 4 && test ! -s err &&
	grep -q "^a  *$ACCOUNT  *default .* all .* in the file .* basic time code" out &&
	grep -q "^b .* team .* 5 s .* 1 selected .* helper (a shell snippet) .* basic jobs code" out &&
	grep -q "^c .* helper aisearch  *basic" out &&
	keeps_secret out && ! grep secret out
'
test_expect_success 'as JSON too' '
	make_file "$A;Token \"%\";$Z" &&
	aisearch config check --json file >out &&
	test "$(jq -r ".[0].block, .[0].account, .[0].token" out | tr "\n" " ")" = "a $ACCOUNT in the file " &&
	keeps_secret out
'
test_expect_success 'what collectd would not even read is a warning' '
	check "<Plugin aisearch>;<Account a>;$ID;$Z;LoadPlugin aisearch" &&
	says "warning: (standard input):1: collectd skips this block" && test -s out &&
	check "<Plugin aisearch>;<Account a>;$ID;$Z" && says "no LoadPlugin aisearch stands before" &&
	check "AutoLoadPlugin true;<Plugin aisearch>;<Account a>;$ID;$Z" && test ! -s err &&
	check "Include \"/x\";$A;$Z" && says "warning: (standard input):1: Include is not followed" &&
	check "$A;Interval 5,;$Z" && says "warning: (standard input):5: collectd skips .,." &&
	check "$A;$Z" && test ! -s err
'
# a file of the daemon's user, seen by another one; only root can make that
test_expect_root () {
	if [ "$(id -u)" = 0 ]; then test_expect_success "$@"; else test_skip "$1" "not root"; fi
}
test_expect_success 'a token file that will not do is a warning' '
	text="$A;TokenFile \"$PWD/some.token\";$Z" &&
	(umask 077 && printf "%s\n" "$CANARY" >some.token) &&
	check "$text" && test ! -s err &&
	for content in "" "not a token"; do
		printf "%s" "$content" >some.token &&
		check "$text" && test -s out &&
		says "warning: (standard input): <Account .a.>: TokenFile .*/some.token.: " || return 1
	done &&
	says "byte" &&
	rm some.token && check "$text" && says "some.token. is not there yet" &&
	mkdir some.token && expect_exit 1 check "$text" && says "not a regular file" && rmdir some.token &&
	mkfifo -m 600 some.token && expect_exit 1 check "$text" && says "not a regular file" &&
	rm some.token && ln -s manager.token some.token &&
	expect_exit 1 check "$text" && says "symbolic link" && rm some.token
'
test_expect_root 'and so is one that only another user may read' '
	text="$A;TokenFile \"$PWD/some.token\";$Z" &&
	(umask 077 && printf "%s\n" "$CANARY" >some.token) &&
	chown 65534 some.token && check "$text" && test -s out &&
	says "some.token. belongs to user 65534: collectd has to run as that user" &&
	chmod 640 some.token && expect_exit 1 check "$text" && says "TokenFile: file" &&
	rm some.token && mkdir -m 700 "$SANDBOX/closed" &&
	make_file "$A;TokenFile \"$SANDBOX/closed/token\";$Z" && cp "$OUT/aisearch" "$SANDBOX/" &&
	chmod 755 "$SANDBOX" && setpriv --reuid 65534 --clear-groups \
		"$SANDBOX/aisearch" config check - <file >out 2>err &&
	says "this user may not look at TokenFile"
'
test_expect_success 'so are certificates and keys that hold none; what is not there is refused, as by the daemon' '
	echo nothing >some.pem && (umask 077 && echo nothing >some.key) &&
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -keyout x.key -out x.pem 2>key.err &&
	chmod 600 x.key && cat x.pem x.key >both.pem &&
	check "$A;CACert \"$PWD/some.pem\";$Z" && test -s out &&
	says "warning: .*<Account .a.>: CACert: there is no certificate in .*/some.pem" &&
	check "$A;ClientCert \"$PWD/some.pem\";$Z" && says "warning: .*ClientCert: there is no certificate" &&
	check "$A;ClientCert \"$PWD/x.pem\";$Z" && says "warning: .*ClientCert: there is no private key" &&
	check "$A;ClientCert \"$PWD/x.pem\";ClientKey \"$PWD/some.key\";$Z" &&
	says "warning: .*ClientKey: there is no private key in .*/some.key" &&
	check "$A;CACert \"$PWD/x.pem\";ClientCert \"$PWD/x.pem\";ClientKey \"$PWD/x.key\";$Z" && test ! -s err &&
	check "$A;ClientCert \"$PWD/both.pem\";$Z" && test ! -s err &&
	for option in CACert ClientCert; do
		expect_exit 1 check "$A;$option \"$PWD/none.pem\";$Z" &&
		says "5: <Account .a.>: $option: cannot read .*/none.pem.: No such file" || return 1
	done
'
test_expect_success 'an interval that collectd would not take is refused, its own and that of LoadPlugin' '
	own="<LoadPlugin aisearch>;Interval @;</LoadPlugin>;<Plugin aisearch>;<Account a>;$ID;$Z" &&
	for value in 0 -5 "\"0\"" "\"10\"" abc "1 2"; do
		expect_exit 1 check "$(printf %s "$own" | sed "s/@/$value/")" &&
		says ":2: Interval: .*more than 0" && says "hint: .*its own interval" || return 1
	done &&
	for value in 0 -5 "\"0\"" abc "1 2"; do
		expect_exit 1 check "Interval $value;$A;$Z" &&
		says ":1: Interval: .*more than 0" && says "hint: .* 10 seconds" || return 1
	done &&
	for value in 0.5 1 10 1000000; do
		check "$(printf %s "$own" | sed "s/@/$value/")" && test ! -s err &&
		check "Interval $value;$A;$Z" && test ! -s err || return 1
	done &&
	check "Interval \"10\";$A;$Z" && test ! -s err &&
	check "<LoadPlugin other>;Interval 0;</LoadPlugin>;$A;$Z" && test ! -s err
'
test_expect_success 'a Timeout longer than an interval that stands elsewhere is a warning' '
	said="warning: .*<Account .a.>: Timeout 5000 ms is longer than the interval of" &&
	check "Interval 4;$A;Timeout 5000;$Z" && says "$said 4 s" &&
	check "Interval 10;<LoadPlugin aisearch>;Interval 0.2;</LoadPlugin>;<Plugin aisearch>;<Account a>;$ID
		Timeout 5000;$Z" && says "$said 1 s" &&
	check "Interval 5;$A;Timeout 5000;$Z" && test ! -s err &&
	check "Interval 4;$A;Timeout 5000;Interval 5;$Z" && test ! -s err
'
test_expect_success 'IgnoreSelected alone is a warning' '
	check "$A;IgnoreSelected true;$Z" &&
	says "warning: .*<Account .a.>: IgnoreSelected without an Instance: none is ignored" &&
	check "$A;IgnoreSelected true;Instance x;$Z" && test ! -s err
'
test_expect_success 'nothing to check is exit 1' '
	expect_exit 1 check "LoadPlugin aisearch" && says "no <Plugin aisearch> block" &&
	expect_exit 1 check "LoadPlugin aisearch;<Plugin aisearch>;</Plugin>" &&
	says "no <Plugin aisearch> block" &&
	expect_exit 1 check "<Foo>;<Plugin aisearch>;<Account a>;$ID;$Z;</Foo>" &&
	says "no <Plugin aisearch> block" &&
	expect_exit 1 ai config check none.conf && says "cannot open .none.conf." &&
	expect_exit 1 ai config check . && says "not a regular file"
'
test_expect_success 'wrong usage is exit 2' '
	expect_exit 2 ai config check && says "usage: aisearch config check FILE" &&
	expect_exit 2 ai config check a b && says "unexpected argument" &&
	expect_exit 2 ai config && ai config --help && grep -q "config check" out
'
test_expect_success 'hostile files are bounded' '
	head -c 1048577 /dev/zero | tr "\0" "\n" >big &&
	expect_exit 1 ai config check big && says "larger than 1048576 bytes" &&
	expect_exit 1 ai config check - <big && says "larger than 1048576 bytes" &&
	awk "BEGIN { for (i = 0; i < 50000; i++) print \"<A x>\" }" >deep &&
	expect_exit 1 ai config check deep && says "deep:17: more than 16 blocks" &&
	head -c 100000 /dev/urandom >noise &&
	expect_exit 1 ai config check noise &&
	! LC_ALL=C grep -q "[^ -~]" err
'
test_expect_success 'neither a home, a vault nor a network is needed' '
	make_file "$A;$Z" &&
	env -i PATH="$PATH" ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} CLOUDFLARE_ACCOUNT_ID=nonsense \
		aisearch config check file >out &&
	grep -q "^a " out && test ! -e data
'

test_done
