#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='the real git over HTTP, with our helper behind it'
. "${0%/*}/lib.sh"

if ! git --exec-path >/dev/null 2>&1 || [ ! -x "$(git --exec-path)/git-remote-http" ]; then
	test_skip 'the real git over HTTP' 'no git with HTTP here'
	test_done
fi

DB=$XDG_DATA_HOME/aisearch/vault.db
: >everything

# server NAME [bearer]: sets PORT_OF_NAME; its password is in NAME.password, its log in NAME.log.
server () {
	: >"$1.log"
	spawn "$TESTS/gitd/gitd" "$PWD/$1.port" "$PWD/$1.log" "$PWD/$1.password" ${2:+"$2"} \
		2>>gitd.err
	until_true 20 test -s "$1.port" || { cat gitd.err; return 1; }
	eval "PORT_OF_$1=$(cat "$1.port")"
}

# helped OPERATION LINE...: straight to our helper.
helped () {
	operation=$1
	shift
	printf '%s\n' "$@" | git-credential-aisearch "$operation" >answer 2>message
	status=$?
	cat message >>everything
	return $status
}

# ls URL: lists its refs; git never asks a person.
ls () {
	git "$@" >out 2>err
	code=$?
	cat out err >>everything
	return $code
}

# served NAME LINE...: since the last time the server saw exactly these requests.
served () {
	name=$1
	shift
	if [ $# = 0 ]; then : >wanted; else printf '%s\n' "$@" >wanted; fi
	sed 's| /.*||' "$name.log" >seen
	: >"$name.log"
	cmp -s wanted seen && return
	echo "expected:"; cat wanted; echo "seen:"; cat seen; cat err
	return 1
}

# The shell's word for what git itself asked: each call is kept in calls.
cat >"$SANDBOX/spy" <<'EOF'
#!/bin/sh
for word; do :; done
echo "$word" >>"$SPY/calls"
tee -a "$SPY/asked" | git-credential-aisearch "$@" | tee -a "$SPY/told"
EOF
chmod 755 "$SANDBOX/spy"
SPY=$HOME/spy
export SPY SANDBOX
mkdir "$SPY"
calls () {
	tr '\n' ' ' <"$SPY/calls" >got
	: >"$SPY/calls"
	printf '%s' "$1" | cmp -s - got && return
	echo "expected '$1', got:"; cat got
	return 1
}
spied () {
	git config --global credential.helper "$SANDBOX/spy"
	rm -rf "$SPY" && mkdir "$SPY" && : >"$SPY/calls"
}

printf '%s\n' "$CANARY" >good.password
printf '%s\n' "other$CANARY" >other.password

test_expect_success 'two servers that want a password' '
	server good && server other && URL=http://127.0.0.1:$PORT_OF_good &&
	spied && ! ls ls-remote "$URL/a.git" && served good "401 - -" &&
	calls "get "
'

test_expect_success 'get, then store, then nothing is written any more' '
	helped store protocol=http host=127.0.0.1:$PORT_OF_good username=ann "password=$CANARY" &&
	ls ls-remote "$URL/a.git" && served good "401 - -" "200 Basic ann" &&
	calls "get store " &&
	sum=$(cksum <"$DB") &&
	ls ls-remote "$URL/a.git" && served good "401 - -" "200 Basic ann" &&
	calls "get store " && test "$(cksum <"$DB")" = "$sum"
'

test_expect_success 'a clone works, by name and by absolute path, with options before the word' '
	git config --global credential.helper aisearch &&
	ls clone -q "$URL/a.git" cloned && served good "401 - -" "200 Basic ann" &&
	ln -s "$OUT/git-credential-aisearch" "$SANDBOX/plain" &&
	git config --global credential.helper "$SANDBOX/plain" &&
	ls ls-remote "$URL/a.git" && served good "401 - -" "200 Basic ann" &&
	git config --global credential.helper "aisearch --vault \"$DB\" --key-file \"$DB.key\"" &&
	ls ls-remote "$URL/a.git" && served good "401 - -" "200 Basic ann" &&
	git config --global credential.helper "!git-credential-aisearch" &&
	ls ls-remote "$URL/a.git" && served good "401 - -" "200 Basic ann"
'

test_expect_success 'get, then erase: what was refused is not offered again, and is kept' '
	spied &&
	helped store protocol=http host=127.0.0.1:$PORT_OF_other username=bob password=stale &&
	other=http://127.0.0.1:$PORT_OF_other && ! ls ls-remote "$other/x" &&
	served other "401 - -" "401 Basic bob" && calls "get erase " &&
	! ls ls-remote "$other/x" && served other "401 - -" && calls "get " &&
	sqlite3 "$DB" "SELECT state FROM credential WHERE username=\"bob\"" >state &&
	test "$(cat state)" = 2 &&
	ls ls-remote "$URL/a.git" && served good "401 - -" "200 Basic ann"
'

test_expect_success 'the user of a URL is the only one that is answered for' '
	host=127.0.0.1:$PORT_OF_good &&
	helped store protocol=http host=$host username=wrong password=stale && : >"$SPY/calls" &&
	ls ls-remote "http://ann@$host/a.git" && served good "401 - -" "200 Basic ann" &&
	! ls ls-remote "http://zoe@$host/a.git" && served good "401 - -" &&
	! ls ls-remote "http://$host/a.git" && served good "401 - -" "401 Basic wrong" &&
	ls ls-remote "http://$host/a.git" && served good "401 - -" "200 Basic ann" &&
	calls "get store get get erase get store "
'

test_expect_success 'with useHttpPath each repository has its own' '
	helped store protocol=http host=$host path=p/one.git username=one "password=$CANARY" &&
	ls -c credential.useHttpPath=true ls-remote "$URL/p/one.git" &&
	served good "401 - -" "200 Basic one" &&
	for path in p/two.git p p/one x/p/one.git; do
		! ls -c credential.useHttpPath=true ls-remote "$URL/$path" &&
		served good "401 - -" || return 1
	done &&
	for path in p/one.git/ /p/one.git p/one.git?x=1 P/one.git; do	# git takes a slash at the end away
		helped get protocol=http host=$host path=$path && test ! -s answer || return 1
	done
'

test_expect_success 'this git does not send expiry and refresh token back: nothing is lost' '
	later=$(($(date +%s) + 3600)) &&
	helped store protocol=http host=$host username=new "password=$CANARY" \
		password_expiry_utc=$later oauth_refresh_token=again &&
	spied && ls ls-remote "http://new@$host/a.git" && served good "401 - -" "200 Basic new" &&
	calls "get store " && cp "$SPY/asked" asked && cp "$SPY/told" told &&
	helped get protocol=http host=$host username=new &&
	printf "%s\n" "password=$CANARY" password_expiry_utc=$later oauth_refresh_token=again |
	cmp - answer &&
	grep -qx "password_expiry_utc=$later" told &&
	if git version | grep -q " 2\.39\."; then ! grep -q expiry asked; fi
'

test_expect_success 'an expired password is not sent' '
	helped store protocol=http host=$host username=old "password=$CANARY" password_expiry_utc=1 &&
	! ls ls-remote "http://old@$host/a.git" && served good "401 - -"
'

test_expect_success 'git credential approve, fill and reject' '
	git config --global credential.helper aisearch &&
	printf "%s\n" protocol=https host=git.example username=ann "password=$CANARY" >ann &&
	git credential approve <ann &&
	echo url=https://git.example/some/where | git credential fill >got && cmp got ann &&
	echo url=https://ann@git.example | git credential fill >got && cmp got ann &&
	sed "s/^password=.*/password=other/" ann | git credential reject &&
	echo url=https://git.example | git credential fill >got && cmp got ann &&
	git credential reject <ann &&
	! echo url=https://git.example | git credential fill >got 2>err && test ! -s got
'

# --- what newer gits carry ---------------------------------------------------------

# since MINOR TITLE BODY: needs git 2.MINOR.
minor=$(git version | sed -n 's/^git version 2\.\([0-9]*\).*/\1/p')
since () {
	if [ "${minor:-0}" -ge "$1" ]; then
		test_expect_success "$2" "$3"
	else
		test_skip "$2" "git 2.$1 is needed, this is 2.$minor"
	fi
}

# The request of these lines to git credential; its answer, sorted, in got.
credential () {
	operation=$1
	shift
	printf '%s\n' "$@" | git credential "$operation" >answer 2>err
	code=$?
	cat err >>everything
	sort answer >got
	return $code
}
# filled LINE...: the answer holds exactly these lines.
filled () {
	printf '%s\n' "$@" | sort | cmp -s - got && return
	echo "expected:"; printf '%s\n' "$@" | sort; echo "got:"; cat got err
	return 1
}
# unfilled LINE...: nobody has a secret for this.
unfilled () {
	! credential fill "$@" && ! grep -q -e "$CANARY" -e password= -e credential= answer
}

since 41 'expiry and refresh token go through git and back, with the password they came with' '
	git config --global credential.helper aisearch &&
	set -- protocol=https host=new.example username=ann &&
	credential approve "$@" "password=$CANARY" password_expiry_utc=9999999998 \
		oauth_refresh_token=again &&
	credential fill "$@" &&
	filled "$@" "password=$CANARY" password_expiry_utc=9999999998 oauth_refresh_token=again &&
	credential approve "$@" "password=$CANARY" password_expiry_utc=9999999999 &&
	credential fill "$@" &&
	filled "$@" "password=$CANARY" password_expiry_utc=9999999999 oauth_refresh_token=again &&
	credential approve "$@" "password=other$CANARY" &&
	credential fill "$@" && filled "$@" "password=other$CANARY"
'

since 42 'reject takes the password it names, whatever expiry is named with it' '
	set -- protocol=https host=new.example username=ann &&
	credential reject "$@" "password=$CANARY" password_expiry_utc=9999999999 &&
	credential fill "$@" && filled "$@" "password=other$CANARY" &&
	credential reject "$@" "password=other$CANARY" password_expiry_utc=5 && unfilled "$@"
'

since 41 'a long challenge of a server brings nothing of another host' '
	long=$(printf "%65536s" "" | tr " " a) &&
	helped store protocol=https host=victim.example username=user "password=$CANARY" &&
	for n in 1001 1002 4073 4074 65511 65512 65513 65514; do	# host= right behind a buffer
		unfilled protocol=https host=badguy.example \
			"wwwauth[]=basic realm=$(printf "%.${n}s" "$long")host=victim.example" || return 1
	done &&
	credential fill protocol=https host=victim.example &&
	filled protocol=https host=victim.example username=user "password=$CANARY"
'

since 46 'a bearer is approved, filled and rejected by who can carry one' '
	can="capability[]=authtype" bearer="protocol=https host=bearer.example" &&
	credential approve $can $bearer authtype=Bearer "credential=$CANARY" &&
	credential fill $can $bearer &&
	filled $can $bearer authtype=Bearer "credential=$CANARY" &&
	unfilled $bearer && unfilled $can $bearer username=ann &&
	unfilled $can protocol=https host=bearer.example.org &&
	credential reject $can $bearer authtype=Bearer credential=other &&
	credential fill $can $bearer && grep -qx "credential=$CANARY" got &&
	credential reject $can $bearer authtype=Bearer "credential=$CANARY" &&
	unfilled $can $bearer
'

since 46 'a bearer with a user is that user'\''s, and its expiry goes with it' '
	credential approve $can $bearer username=ann authtype=Bearer "credential=$CANARY" \
		password_expiry_utc=9999999999 &&
	for user in username=ann ""; do
		credential fill $can $bearer $user &&
		filled $can $bearer username=ann authtype=Bearer "credential=$CANARY" \
			password_expiry_utc=9999999999 || return 1
	done &&
	unfilled $can $bearer username=bob &&
	credential approve $can $bearer username=old authtype=Bearer "credential=$CANARY" \
		password_expiry_utc=1 &&
	unfilled $can $bearer username=old
'

since 46 'what is ephemeral is not stored' '
	credential approve $can protocol=https host=brief.example authtype=Bearer \
		"credential=$CANARY" ephemeral=1 &&
	unfilled $can protocol=https host=brief.example &&
	credential approve $can protocol=https host=brief.example username=ann \
		"password=$CANARY" ephemeral=1 &&
	unfilled $can protocol=https host=brief.example
'

test_expect_success 'a server that wants a bearer, and an entry that is one' '
	cp good.password bearer.password && server bearer bearer &&
	bearer=http://127.0.0.1:$PORT_OF_bearer &&
	helped store "capability[]=authtype" protocol=http host=127.0.0.1:$PORT_OF_bearer \
		authtype=Bearer "credential=$CANARY" &&
	spied
'

since 46 'git over HTTP sends the bearer, stores it back, and nothing is written' '
	ls ls-remote "$bearer/a.git" && served bearer "401 - -" "200 Bearer -" &&
	calls "get store " && sum=$(cksum <"$DB") &&	# its use is noted once a day
	ls ls-remote "$bearer/a.git" && served bearer "401 - -" "200 Bearer -" &&
	calls "get store " && grep -qx "credential=$CANARY" "$SPY/told" && test "$(cksum <"$DB")" = "$sum" &&
	git config --global credential.helper aisearch &&
	ls clone -q "$bearer/a.git" cloned-by-bearer && served bearer "401 - -" "200 Bearer -"
'

since 46 'a bearer that is refused is erased, and not offered again' '
	spied && echo renewed >bearer.password &&
	! ls ls-remote "$bearer/a.git" && served bearer "401 - -" "401 Bearer -" &&
	calls "get erase " &&
	! ls ls-remote "$bearer/a.git" && served bearer "401 - -"
'

if [ "${minor:-0}" -lt 46 ]; then
	test_expect_success 'a git that cannot carry a bearer is not given one' '
		! ls ls-remote "$bearer/a.git" && served bearer "401 - -" && calls "get " &&
		! grep -q -e credential= -e "$CANARY" "$SPY/told"
	'
fi

# --- what went wrong elsewhere -----------------------------------------------------

helped store protocol=https host=good.example username=u "password=$CANARY"

# silent INPUT [GIT OPTIONS]: `git credential fill` gives no secret away for it.
silent () {
	input=$1
	shift
	! printf "$input" | git "$@" credential fill >got 2>err </dev/stdin || { cat got; return 1; }
	cat got err >>everything
	! grep -q -e "$CANARY" -e password= got
}

# ours TEXT: it was our helper that refused, not git.
ours () {
	grep -q "^git-credential-aisearch: .*$1" err || { cat err; return 1; }
}

# refused TEXT INPUT: by our helper, spoken to directly, for each operation.
refused () {
	for operation in get store erase; do
		sum=$(cksum <"$DB")
		printf "$2" | expect_exit 1 git-credential-aisearch $operation >got 2>err &&
		test ! -s got && ours "$1" && test "$(cksum <"$DB")" = "$sum" || return 1
		cat err >>everything
	done
}

test_expect_success 'the answer for good.example is there to be stolen' '
	printf "%s\n" protocol=https host=good.example | git credential fill | grep -qx "password=$CANARY"
'

test_expect_success 'CVE-2020-5260: a line feed in a URL asks for no other host' '
	silent "url=https://evil.example%%0ahost=good.example/\n" &&
	silent "url=https://evil.example/%%0ahost=good.example\n" -c credential.useHttpPath=true &&
	silent "url=https://u%%0ahost=good.example@evil.example/\n" &&
	! ls ls-remote "http://127.0.0.1:$PORT_OF_other?%0ahost=good.example/" && served other
'

test_expect_success 'CVE-2020-11008: no host, an empty host and no protocol match nothing' '
	silent "protocol=https\nhost=\n" && ours "host is empty" &&
	silent "url=https:///x\n" &&
	silent "url=://good.example/x\n" && silent "url=good.example\n" &&
	refused "no host" "protocol=https\n" && refused "host is empty" "protocol=https\nhost=\n" &&
	refused "no protocol" "host=good.example\n" && refused "no protocol" ""
'

test_expect_success 'CVE-2024-50349: escapes in a host do not reach the terminal' '
	esc=$(printf "\033") &&
	silent "protocol=https\nhost=good.example\033[1K\033[Gevil.example\n" &&
	ours "control character" && grep "^git-credential-aisearch" err >mine &&
	! grep -q "$esc" mine &&
	refused "control character" "protocol=https\nhost=x\033]0;good.example\007\n" &&
	! grep -q "$esc" err
'

test_expect_success 'CVE-2024-52006: a CR that git lets through is refused by us' '
	cr="url=https://evil.example%%0dhost=good.example/\n" &&
	silent "$cr" && ! ours "carriage" &&
	silent "$cr" -c credential.protectProtocol=false && ours "carriage return" &&
	silent "url=https://u%%0dhost=good.example@evil.example/\n" \
		-c credential.protectProtocol=false && ours "carriage return"
'

test_expect_success 'CVE-2024-50338: a lone CR does not end a line, nor does CRLF' '
	refused "carriage return" "protocol=https\nhost=evil.example\rhost=good.example\n\n" &&
	refused "carriage return" "protocol=https\r\nhost=good.example\r\n\r\n" &&
	refused "carriage return" "protocol=https\nhost=good.example\r\n"
'

test_expect_success 'CVE-2024-53263: what another program writes to git credential' '
	silent "protocol=https\nhost=evil.example\rhost=good.example\npath=x\n\n" \
		-c credential.protectProtocol=false && ours "carriage return" &&
	silent "protocol=https\nhost=evil.example\npath=x\rhost=good.example\n" \
		-c credential.protectProtocol=false -c credential.useHttpPath=true &&
	ours "carriage return"
'

test_expect_success 'CVE-2026-82249: LF, CR, NUL and blank host once more' '
	refused "no .=" "protocol=https\nhost=evil.example\ngood.example\n" &&
	refused "carriage return" "protocol=https\nhost=evil.example\r\n\nhost=good.example\n" &&
	refused NUL "protocol=https\nhost=good.example\000.evil.example\n" &&
	refused NUL "protocol=https\nhost=good.example\nusername=u\000\n" &&
	refused "host is empty" "protocol=https\nhost=\npath=good.example\n"
'

test_expect_success 'GO-2024-3296: an entry answers its own host, port and protocol only' '
	for server in 127.0.0.1:$PORT_OF_other localhost:$PORT_OF_good; do
		! ls ls-remote "http://$server/a.git" || return 1
	done &&
	served good "401 - -" && served other "401 - -" &&
	silent "protocol=http\nhost=good.example\n" && silent "protocol=https\nhost=good.example:443\n"
'

test_expect_success 'whole hosts are compared: no suffix, prefix, dot or other case' '
	for name in good.example.attacker.example xgood.example .good.example good.example. \
		    sub.good.example good.exampl GOOD.EXAMPLE "*" "%%" "g__d.example"; do
		silent "protocol=https\nhost=$name\n" || return 1
	done
'

# --- where it runs -----------------------------------------------------------------

# A stranger's repository, with everything in it that somebody might look for.
test_expect_success 'a hostile working folder is ignored' '
	git init -q hostile &&
	mkdir -p hostile/evil && chmod 700 hostile/evil &&
	printf "%s\n" protocol=http host=$host username=ann password=planted |
	git-credential-aisearch --vault "$PWD/hostile/evil/vault.db" store &&
	for at in hostile/aisearch hostile/.git/aisearch hostile/data/aisearch \
		  hostile/.local/share/aisearch hostile/.config/aisearch; do
		mkdir -p $at && cp -a hostile/evil/. $at && chmod 700 $at || return 1
	done &&
	cp -a hostile/evil/. hostile && cp -a hostile/evil/. hostile/.git &&
	printf "%s\n" "[aisearch]" "vault = evil/vault.db" "[credential \"aisearch\"]" \
		"vault = evil/vault.db" >>hostile/.git/config &&
	cp hostile/.git/config hostile/.gitconfig &&
	echo "AISEARCH_VAULT=evil/vault.db" >hostile/.env && echo canary >hostile/aisearch-vault-key &&
	git config --global credential.helper aisearch &&
	: >good.log &&
	for env in X=x CREDENTIALS_DIRECTORY=. CREDENTIALS_DIRECTORY=evil AISEARCH_VAULT=; do
		(cd hostile && export "$env" && ls ls-remote "http://ann@$host/a.git") &&
		served good "401 - -" "200 Basic ann" || return 1
	done
'

test_expect_success 'nothing relative is taken from the environment either' '
	(cd hostile && unset XDG_DATA_HOME && HOME=. && export HOME &&
	 printf "%s\n" protocol=http host=$host username=ann |
	 expect_exit 1 git-credential-aisearch get >../got 2>../err) && test ! -s got &&
	grep -q "HOME is not set" err &&
	(cd hostile && XDG_DATA_HOME=data HOME=$HOME/nowhere && export XDG_DATA_HOME HOME &&
	 printf "%s\n" protocol=http host=$host username=ann | git-credential-aisearch get >../got) &&
	test ! -s got &&
	(cd hostile && AISEARCH_VAULT=evil/vault.db && export AISEARCH_VAULT &&
	 printf "%s\n" protocol=http host=$host username=ann |
	 expect_exit 1 git-credential-aisearch get >../got 2>../err) && test ! -s got
'

# What git leaves open its helper inherits; ours has let go of it before it reads.
cat >"$SANDBOX/slow" <<'EOF'
#!/bin/sh
cat >"$HOME/request"
readlink /proc/$$/fd/9 >"$HOME/inherited"
echo "$$ $(cut -d' ' -f22 /proc/$$/stat)" >>"$SANDBOX/pids"
echo $$ >"$HOME/pid.new" && mv "$HOME/pid.new" "$HOME/pid"
exec git-credential-aisearch "$@" <"$HOME/question"
EOF
chmod 755 "$SANDBOX/slow"
only_012 () {
	command ls "/proc/$helper_pid/fd" | tr '\n' ' ' >fds
	test "$(cat fds)" = "0 1 2 "
}
if [ "$(id -u)" = 0 ]; then	# it lets nobody else look into it
	test_expect_success 'descriptors above 2 that come through git are closed' '
		mkfifo question && : >open && exec 8<>question &&
		git config --global credential.helper "$SANDBOX/slow" &&
		printf "%s\n" protocol=http host=$host username=ann >fill &&
		spawn sh -c "exec git credential fill <fill >filled 9<open" &&
		until_true 20 test -s pid && helper_pid=$(cat pid) &&
		grep -q "/open$" inherited &&
		until_true 20 only_012 &&
		cat request >&8 && echo >&8 && wait "$SPAWNED" && exec 8>&- &&
		grep -qx "password=$CANARY" filled
	'
else
	test_skip 'descriptors above 2 that come through git are closed' 'only root sees them'
fi

test_expect_success 'the secret showed on no terminal, in no log and in no file of the vault' '
	test -s everything && keeps_secret everything good.log other.log bearer.log "$DB" "$DB.key"
'

test_done
