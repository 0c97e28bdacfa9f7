#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='git-credential-aisearch, told to the real git and spoken to directly'
. "${0%/*}/lib.sh"

DB=$XDG_DATA_HOME/aisearch/vault.db
API_PATH=accounts/$ACCOUNT

helper () {
	git-credential-aisearch "$@"
}

# say OPERATION LINE...: one request.  Messages, and what was printed without
# being asked for, are kept for the last test.
say () {
	operation=$1
	shift
	printf '%s\n' "$@" | helper "$operation" >answer 2>message
	status=$?
	[ "$operation" = get ] || cat answer >>transcript
	cat message >>transcript
	return $status
}

# answers LINE...: the last answer is exactly these.
answers () {
	if [ $# = 0 ]; then : >wanted; else printf '%s\n' "$@" >wanted; fi
	cmp -s wanted answer && [ ! -s message ] && return
	echo "expected:"; cat wanted; echo "got:"; cat answer message
	return 1
}

# refuses TEXT OPERATION FORMAT: exit 1, nothing on stdout, nothing written.
refuses () {
	before=$(cksum <"$DB")
	printf "$3" | expect_exit 1 helper "$2" >answer 2>message
	refused=$?
	cat message >>transcript
	[ $refused = 0 ] && [ ! -s answer ] &&
	head -n 1 message | grep -q "^git-credential-aisearch: .*$1" &&
	[ "$(cksum <"$DB")" = "$before" ] && return
	echo "not refused with '$1'"
	cat answer message
	return 1
}

git config --global credential.helper aisearch
: >transcript

test_expect_success 'git credential approve, fill and reject' '
	printf "%s\n" protocol=https host=git.example username=ann "password=$CANARY" >ann &&
	git credential approve <ann &&
	printf "%s\n" protocol=https host=git.example "" | git credential fill >got &&
	cmp got ann &&
	git credential reject <ann &&
	printf "%s\n" protocol=https host=git.example | helper get >got && test ! -s got
'

test_expect_success 'git credential fill with a url, a path and credential.useHttpPath' '
	git config --global credential.useHttpPath true &&
	url=https://api.cloudflare.com:443/$API_PATH &&
	printf "%s\n" protocol=https host=api.cloudflare.com:443 path=$API_PATH \
		username=service:one "password=$CANARY" >token &&
	git credential approve <token &&
	sort token >sorted &&
	echo "url=$url" | git credential fill | sort >got && cmp sorted got &&
	printf "%s\n" "url=$url" username=service:one | git credential fill | sort >got &&
	cmp sorted got &&
	! echo "url=$url/x" | git credential fill &&
	! echo "url=https://api.cloudflare.com:443/accounts" | git credential fill &&
	! echo "url=https://manager@api.cloudflare.com:443/$API_PATH" | git credential fill &&
	git config --global --unset credential.useHttpPath &&
	echo "url=$url" | git credential fill | grep -qx "password=$CANARY"
'

test_expect_success 'an answer holds what the request lacks, and nothing else' '
	say store protocol=https host=h username=u "password=$CANARY" \
		password_expiry_utc=9007199254740992 oauth_refresh_token=again && answers &&
	say get protocol=https host=h &&
	answers username=u "password=$CANARY" password_expiry_utc=9007199254740992 \
		oauth_refresh_token=again &&
	say get protocol=https host=h username=u "capability[]=authtype" "wwwauth[]=Basic" &&
	answers "password=$CANARY" password_expiry_utc=9007199254740992 oauth_refresh_token=again
'

test_expect_success 'a store by a git that knows no expiry keeps expiry and refresh token' '
	sum=$(cksum <"$DB") &&
	say store protocol=https host=h username=u "password=$CANARY" && answers &&
	test "$(cksum <"$DB")" = "$sum"
'

test_expect_success 'an expired secret is withheld, user and refresh token go out' '
	say store protocol=https host=old username=u "password=$CANARY" password_expiry_utc=1 \
		oauth_refresh_token=again && answers &&
	say get protocol=https host=old && answers username=u oauth_refresh_token=again &&
	say store protocol=https host=old username=u password=fresh \
		password_expiry_utc=$(($(date +%s) + 3600)) && answers &&
	say get protocol=https host=old username=u && grep -qx password=fresh answer &&
	! grep -q refresh answer
'

test_expect_success 'what is not there gets silence and exit 0' '
	for request in host=nowhere host=H host=h. host=xh host=h:443 "host=h path=" "host=h username=" \
		       "host=h path=x" "host=h username=v" "protocol=http host=h"; do
		say get protocol=https $request && answers || return 1
	done &&
	say erase protocol=https host=nowhere && answers
'

test_expect_success 'of several matches the most recently stored one answers' '
	say store protocol=https host=many username=a password=1 &&
	say store protocol=https host=many username=b password=2 &&
	say get protocol=https host=many && answers username=b password=2 &&
	say store protocol=https host=many username=a password=3 &&
	say get protocol=https host=many && answers username=a password=3
'

test_expect_success 'empty user and empty password are values' '
	say store protocol=https host=empty username= password= && answers &&
	say get protocol=https host=empty && answers username= password= &&
	say get protocol=https host=empty username= && answers password=
'

test_expect_success 'a client certificate has a path and an empty host' '
	say store protocol=cert host= path=/a/key.pem username= password=p && answers &&
	say get protocol=cert host= path=/a/key.pem && answers username= password=p &&
	refuses "host is empty" get "protocol=cert\nhost=\n"
'

test_expect_success 'partial and ephemeral stores change nothing, quietly' '
	sum=$(cksum <"$DB") &&
	for fields in "" username=u password=p "username=u password=p ephemeral=1" \
		      "username=u password=p ephemeral=maybe" \
		      "username=u authtype=Bearer credential=c" "authtype=Bearer credential=c" \
		      "capability[]=authtype authtype=Bearer" "capability[]=authtype credential=c" \
		      "capability[]=authtype capability[]= authtype=Bearer credential=c" \
		      "capability[]=authtype authtype=Bearer credential=c ephemeral=1" \
		      "capability[]=authtype username=u authtype=Bearer" \
		      "capability[]=authtype password=p" oauth_refresh_token=r \
		      "username=u password_expiry_utc=9999999999 oauth_refresh_token=r"; do
		say store protocol=https host=n $fields && answers || return 1
	done &&
	say get protocol=https host=n && answers &&
	test "$(cksum <"$DB")" = "$sum" &&
	say store protocol=https host=n username=u password=p ephemeral=0 && answers &&
	say get protocol=https host=n && answers username=u password=p
'

test_expect_success 'erase compares the secret and takes every match' '
	for user in a b c; do
		say store protocol=https host=e username=$user password=same || return 1
	done &&
	say store protocol=https host=e username=d password=other &&
	say erase protocol=https host=e password=wrong && answers &&
	say erase protocol=https host=e authtype=Bearer credential=wrong && answers &&
	say erase protocol=https host=e username=a password=other && answers &&
	say get protocol=https host=e username=a && answers password=same &&
	say erase protocol=https host=e password=same && answers &&
	say get protocol=https host=e username=a && answers &&
	say get protocol=https host=e && answers username=d password=other &&
	say erase protocol=https host=e && answers &&
	say get protocol=https host=e && answers
'

AUTHTYPE='capability[]=authtype'

test_expect_success 'a bearer goes out when it is asked for, its capability first' '
	say store $AUTHTYPE protocol=https host=b authtype=Bearer "credential=$CANARY" && answers &&
	say get $AUTHTYPE protocol=https host=b &&
	answers $AUTHTYPE authtype=Bearer "credential=$CANARY" &&
	say get protocol=https host=b && answers &&
	say get "capability[]=state" protocol=https host=b && answers &&
	say get $AUTHTYPE "capability[]=" protocol=https host=b && answers &&
	say get $AUTHTYPE protocol=https host=b username=u && answers &&
	say get $AUTHTYPE protocol=https host=b authtype=Bearer &&
	answers $AUTHTYPE authtype=Bearer "credential=$CANARY" &&
	say get $AUTHTYPE protocol=https host=b authtype=Negotiate "state[]=other:1" && answers
'

test_expect_success 'one form goes out: the bearer when asked for, else user and password' '
	say store $AUTHTYPE protocol=https host=two username=u password=p authtype=Bearer \
		"credential=$CANARY" password_expiry_utc=9999999999 && answers &&
	say get $AUTHTYPE protocol=https host=two &&
	answers $AUTHTYPE authtype=Bearer "credential=$CANARY" username=u \
		password_expiry_utc=9999999999 &&
	say get protocol=https host=two && answers username=u password=p \
		password_expiry_utc=9999999999
'

test_expect_success 'storing back one form keeps the other and writes nothing' '
	sum=$(cksum <"$DB") &&
	say store protocol=https host=two username=u password=p && answers &&
	say store $AUTHTYPE protocol=https host=two username=u authtype=Bearer \
		"credential=$CANARY" && answers &&
	test "$(cksum <"$DB")" = "$sum" &&
	say get $AUTHTYPE protocol=https host=two && grep -qx "credential=$CANARY" answer &&
	say get protocol=https host=two && grep -qx password=p answer
'

test_expect_success 'an expired bearer is withheld, its refresh token is not' '
	say store $AUTHTYPE protocol=https host=late authtype=Bearer credential=c username=u \
		password_expiry_utc=1 oauth_refresh_token=again && answers &&
	say get $AUTHTYPE protocol=https host=late && answers username=u oauth_refresh_token=again &&
	say store $AUTHTYPE protocol=https host=later authtype=Bearer credential=c \
		password_expiry_utc=1 && answers &&
	say get $AUTHTYPE protocol=https host=later && answers
'

test_expect_success 'what the request has is not answered' '
	say store protocol=https host=has username=u password=p oauth_refresh_token=r && answers &&
	say get protocol=https host=has username=u password=x && answers oauth_refresh_token=r &&
	say get protocol=https host=has password=x oauth_refresh_token=y && answers username=u &&
	say get protocol=https host=has oauth_refresh_token=y &&
	answers username=u password=p oauth_refresh_token=r &&
	say store protocol=https host=has username=u password=p password_expiry_utc=1 && answers &&
	say get protocol=https host=has oauth_refresh_token=y && answers username=u
'

test_expect_success 'a used-up request is noted once a day, after the answer' '
	used () {
		sqlite3 "$DB" "SELECT used_at FROM credential WHERE host=\"$1\""
	} &&
	say store protocol=https host=use username=u password=p && test "$(used use)" = 0 &&
	printf "%s\n" protocol=https host=use | expect_exit 1 helper get >/dev/full 2>err &&
	test "$(used use)" = 0 &&
	say get protocol=https host=use && test "$(used use)" -gt 0 &&
	sum=$(cksum <"$DB") && say get protocol=https host=use && test "$(cksum <"$DB")" = "$sum" &&
	test "$(used later)" = 0
'

test_expect_success 'erase compares the bearer, with or without the capability' '
	say erase protocol=https host=b credential=wrong && answers &&
	say erase $AUTHTYPE protocol=https host=b credential=wrong && answers &&
	say erase $AUTHTYPE protocol=https host=two password=wrong "credential=$CANARY" && answers &&
	say get $AUTHTYPE protocol=https host=b && grep -qx "credential=$CANARY" answer &&
	say get protocol=https host=two && grep -qx password=p answer &&
	say erase $AUTHTYPE protocol=https host=b authtype=Bearer "credential=$CANARY" && answers &&
	say get $AUTHTYPE protocol=https host=b && answers &&
	say erase protocol=https host=two "credential=$CANARY" && answers &&
	say get protocol=https host=two && answers
'

test_expect_success 'what was erased stays in the vault, rejected, and can be stored again' '
	test "$(sqlite3 "$DB" "SELECT count(*) FROM credential WHERE host=\"e\" AND state=2")" = 4 &&
	say store protocol=https host=e username=a password=same && answers &&
	say get protocol=https host=e && answers username=a password=same
'

test_expect_success 'a pending entry is never handed out' '
	sqlite3 "$DB" "UPDATE credential SET state=0 WHERE host=\"e\"" &&
	say get protocol=https host=e && answers
'

test_expect_success 'LF only: CR, NUL, bad lines and wild fields refuse the whole request' '
	good="protocol=https\nhost=x\nusername=u\n" &&
	for operation in get store erase; do
		refuses "carriage return" $operation "${good}password=$CANARY\r\n" &&
		refuses "carriage return" $operation "protocol=https\r\nhost=x\r\n\r\n" &&
		refuses "carriage return" $operation "${good}password=a\rhost=evil\n" &&
		refuses "carriage return" $operation "${good}unknown=a\rb\npassword=p\n" &&
		refuses NUL $operation "${good}password=p\000q\n" &&
		refuses NUL $operation "protocol=https\nhost=x\000.evil\n" &&
		refuses "no .=" $operation "${good}$CANARY\n" &&
		refuses "no host" $operation "protocol=https\nusername=u\npassword=p\n" &&
		refuses "no protocol" $operation "host=x\nusername=u\npassword=p\n" &&
		refuses "no protocol" $operation "protocol=\nhost=x\nusername=u\npassword=p\n" &&
		refuses "no protocol" $operation "" &&
		refuses "no protocol" $operation "\n${good}password=p\n" &&
		refuses "host is empty" $operation "protocol=https\nhost=\nusername=u\npassword=p\n" &&
		refuses "control character" $operation "protocol=https\nhost=x\033[2J\npassword=p\n" &&
		refuses "control character" $operation "protocol=https\nhost=x\nusername=u\033[2J\npassword=p\n" &&
		refuses "control character" $operation "protocol=https\nhost=x\npath=a\tb\nusername=u\npassword=p\n" &&
		refuses "control character" $operation "protocol=https\nhost=x\nusername=\177\npassword=p\n" &&
		refuses "url" $operation "${good}url=https://evil.example\npassword=p\n" &&
		for type in "" "a b" "Bearer:" "x\033"; do
			refuses "authtype is not a word" $operation \
				"capability[]=authtype\n${good}authtype=$type\ncredential=c\n" || return 1
		done || return 1
	done
'

test_expect_success 'names in UTF-8 are names, and a secret may hold what no name may' '
	secret=$(printf "a\033b") &&
	say store protocol=https host=utf.example path=€/ö username=jörg "password=$secret" && answers &&
	say get protocol=https host=utf.example path=€/ö &&
	answers "username=jörg" "password=$secret" &&
	printf "%s\n" url=https://j%C3%B6rg@utf2.example password=p | git credential approve &&
	printf "%s\n" url=https://j%C3%B6rg@utf2.example | git credential fill | grep -qx password=p &&
	printf "%s\n" url=https://a%1b@utf2.example password=p | git credential approve 2>message &&
	grep -q "control character" message && say get protocol=https host=utf2.example && answers username=jörg password=p
'

test_expect_success 'an expired entry does not hide an older one that is valid' '
	say store protocol=https host=hid username=old password=valid &&
	say store protocol=https host=hid username=new password=gone password_expiry_utc=1 oauth_refresh_token=r &&
	say get protocol=https host=hid && answers username=old password=valid &&
	say get protocol=https host=hid username=new && answers oauth_refresh_token=r &&
	say erase protocol=https host=hid username=old password=valid &&
	say get protocol=https host=hid && answers username=new oauth_refresh_token=r
'

test_expect_success 'the token of the creator is for who asks for it by name' '
	say store protocol=https host=api.example path=$API_PATH username=manager password=m &&
	say store protocol=https host=api.example path=$API_PATH username=creator "password=$CANARY" &&
	say get protocol=https host=api.example && answers username=manager password=m &&
	say get protocol=https host=api.example path=$API_PATH && answers username=manager password=m &&
	say get protocol=https host=api.example username=creator && answers "password=$CANARY" &&
	say erase protocol=https host=api.example username=manager && say get protocol=https host=api.example && answers
'

test_expect_success 'an expiry is digits in 1..2^53' '
	for expiry in 0 -5 1e3 abc "" " 1" 9007199254740993 99999999999999999999 0x10 1.5; do
		refuses "not a number of seconds" store \
			"protocol=https\nhost=x\nusername=u\npassword=p\npassword_expiry_utc=$expiry\n" ||
		return 1
	done
'

test_expect_success 'the end of a request: blank line, end of file, no last LF' '
	printf "protocol=https\nhost=end\nusername=u\npassword=first\n\npassword=second\nbroken" |
	helper store && say get protocol=https host=end && answers username=u password=first &&
	printf "protocol=https\nhost=end\nusername=u\npassword=third" | helper store &&
	printf "protocol=https\nhost=end" | helper get >got && grep -qx password=third got
'

test_expect_success 'unknown keys are skipped, the last of repeated ones wins, = belongs to the value' '
	say store =x new=1 "state[]=other" protocol=http protocol=https host=no host=r username=u \
		password=1 password=a=b= "capability[]=" && answers &&
	say get protocol=https host=r && answers username=u password=a=b=
'

test_expect_success 'a line has at most 65,535 bytes under a known key, any number under another' '
	long=$(printf %065525d 7) &&
	say store protocol=https host=long username=u "password=$long" && answers &&
	say get protocol=https host=long && answers username=u "password=$long" &&
	refuses "longer than 65535" store \
		"protocol=https\nhost=long\nusername=u\npassword=${long}8\n" &&
	say get protocol=https host=long "wwwauth[]=$long$long" "x=$long$long$long" &&
	answers username=u "password=$long" &&
	refuses "longer than 65535" get "protocol=https\nhost=$long$long\n" &&
	refuses "longer than 65535" get "protocol=https\nhost=long\n$long$long$long\n"
'

test_expect_success 'a request has an end' '
	{ printf "protocol=https\nhost=x\n" && yes unknown=value | head -n 400000; } |
	expect_exit 1 helper get 2>message && grep -q "longer than" message
'

test_expect_success 'the vault is where option or environment say, never in the current folder' '
	printf "%s\n" protocol=https host=h username=u password=p >in &&
	AISEARCH_VAULT=$PWD/a/v.db helper store <in && test -f a/v.db && test -f a/v.db.key &&
	AISEARCH_VAULT=a/w.db expect_exit 1 helper store <in && test ! -e a/w.db &&
	AISEARCH_VAULT= helper store <in &&
	AISEARCH_VAULT=$PWD/a/w.db helper --vault "$PWD/b/v.db" --key-file b/k store <in &&
	test -f b/v.db && test -f b/k && test ! -e b/v.db.key && test ! -e a/w.db &&
	(unset XDG_DATA_HOME && helper store <in) && test -f .local/share/aisearch/vault.db &&
	mkdir -m 700 here && (cd here && XDG_DATA_HOME=data helper store <../in && test ! -e data) &&
	(unset XDG_DATA_HOME HOME && expect_exit 1 helper store <in 2>&1) &&
	(unset HOME && helper store <in)
'

test_expect_success 'a vault that is not there is said when it was named with --vault' '
	for operation in get erase; do
		helper --vault "$PWD/mistyped/v.db" $operation <in >out 2>err && test ! -s out &&
		grep -q "warning: there is no vault at .*mistyped" err &&
		AISEARCH_VAULT=$PWD/mistyped/v.db helper $operation <in >out 2>err && test ! -s err || return 1
	done && test ! -e mistyped
'

test_expect_success 'an unknown operation reads nothing, says nothing and succeeds' '
	{ helper frobnicate >out 2>err && cat >rest; } <in && cmp in rest &&
	test ! -s out && test ! -s err &&
	helper "" </dev/null
'

test_expect_success 'wrong usage: exit 2, usage on stderr, nothing on stdout' '
	for arguments in "" "--nope get" "--vault" "get store" "get --vault x" "-x"; do
		expect_exit 2 helper $arguments >out 2>err && test ! -s out && grep -q ^usage: err ||
		return 1
	done &&
	esc=$(printf "\033") &&
	expect_exit 2 helper "--x${esc}[2J" get 2>err && ! grep -q "$esc" err
'

test_expect_success '--version, --help and capability' '
	helper --version | grep -qx "git-credential-aisearch [0-9.]*" &&
	helper --help | grep -q ^usage: &&
	helper capability >got && printf "%s\n" "version 0" "capability authtype" | cmp - got
'

test_expect_success 'an answer that cannot be written, a request that cannot be read: exit 1' '
	say store protocol=https host=h username=u "password=$CANARY" &&
	printf "%s\n" protocol=https host=h >in &&
	expect_exit 1 helper get <in >/dev/full 2>err && grep -q "cannot write" err &&
	expect_exit 1 helper get <in >&- 2>err && grep -q "cannot write" err &&
	expect_exit 1 helper capability >/dev/full 2>err && grep -q "cannot write" err &&
	expect_exit 1 helper get <&- 2>err && grep -q "cannot read" err &&
	helper get <in 2>&- | grep -q ^password=
'

test_expect_success 'a caller that went away is a failure, not a death by signal' '
	mkfifo gone && exec 8<>gone 9>gone 8>&- &&
	expect_exit 1 helper get <in >&9 2>err && grep -q "cannot write.*pipe" err &&
	exec 9>&-
'

# The reader of `held` sees its end while the helper still waits for a question.
test_expect_success 'descriptors of the caller are closed' '
	mkfifo question held && exec 8<>question &&
	spawn sh -c "exec git-credential-aisearch get <question 9>held >out" &&
	timeout 20 cat held &&
	printf "%s\n" protocol=https host=h "" >&8 && wait "$SPAWNED" && grep -q "^password=" out &&
	exec 8>&-
'

if [ "$VARIANT" = release ] && command -v valgrind >/dev/null &&
   [ -x "$OUT/dynamic/git-credential-aisearch" ]; then
	check () {
		valgrind -q --error-exitcode=9 --leak-check=full \
			"$OUT/dynamic/git-credential-aisearch" "$@"
	}
	test_expect_success 'valgrind finds nothing' '
		printf "%s\n" protocol=https host=vg username=u password=p oauth_refresh_token=r \
			password_expiry_utc=9999999999 >in &&
		printf "%s\n" "capability[]=authtype" protocol=https host=vg >ask &&
		check store <in && check store <in && check get <ask | grep -qx password=p &&
		printf "%s\n" authtype=Bearer credential=c | cat ask - >bearer && check store <bearer &&
		check get <ask | grep -qx credential=c && check erase <bearer &&
		check get <ask | grep -qx password=p && check erase <in && test -z "$(check get <ask)" &&
		check --vault new/vault.db store <in && check capability &&
		printf "protocol=https\nhost=vg\nusername=u\npassword=p\000\n" |
		expect_exit 1 check store && expect_exit 2 check
	'
else
	test_skip 'valgrind finds nothing' 'for the release variant of make check, with valgrind'
fi

test_expect_success 'the secret shows in no message, no vault and no key' '
	grep -q "^git-credential-aisearch: " transcript &&
	find "$XDG_DATA_HOME" "$HOME/.local" -type f >files && test "$(wc -l <files)" = 4 &&
	keeps_secret transcript message &&
	while read -r file; do
		keeps_secret "$file" || return 1
	done <files
'

test_done
