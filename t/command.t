#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch: login, status, tokens, instances, search, and what bad input gets'
. "${0%/*}/lib.sh"

# in_terminal COMMAND: on a pseudo-terminal that types what comes through the FIFO
# keys (descriptor 9 holds it open) and shows in typescript.
in_terminal () {
	spawn sh -c 'exec script -qfec "$1" typescript <keys >/dev/null 2>&1' sh "$1"
}
MAN=$OUT/aisearch.1

test_expect_success 'help, the manual and the table agree on the commands' '
	ai help && sed -n "/^Commands/,/^\$/s/^  \([a-z]* \{0,1\}[a-z]*\)  .*/\1/p" out |
		sed "s/ *\$//" | sort >in-help &&
	test $(wc -l <in-help) -ge 11 &&
	sed -n "/^\.Sh COMMANDS/,/^\.Ss Options/s/^\.It Cm \([a-z]*\( [a-z]*\)\{0,1\}\).*/\1/p" "$MAN" |
		sed "s/ *\$//" | sort >in-manual &&
	diff in-help in-manual
'

test_expect_success 'every option in a help is in the manual' '
	while read -r name; do
		ai help $name && { grep -o -e "--\(\[no-\]\)*[a-z][a-z-]*" out || :; }
	done <in-help | sed "s/\[no-\]//" | sort -u >options &&
	test $(wc -l <options) -ge 15 &&
	while read -r option; do
		grep -q -F -e "\\-${option#--}" -e "\\-[no-]${option#--}" "$MAN" || { echo "not in the manual: $option"; return 1; }
	done <options
'

test_expect_success 'help and version need neither home, vault nor network' '
	env -i PATH="$PATH" ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} aisearch version >out &&
	grep -q "^aisearch [0-9]" out && ai --version && ai --help && ai status --help &&
	ai help instance && grep -q "instance delete" out &&
	test ! -e data
'

test_expect_success 'it is also a git command' '
	mkdir -p bin && ln -s "$OUT/aisearch" bin/git-aisearch &&
	PATH=$PWD/bin:$PATH git aisearch version | grep -q "^aisearch "
'

test_expect_success 'wrong usage: exit 2, what is wrong, and nothing sent' '
	export CLOUDFLARE_API_BASE_URL=http://127.0.0.1:9/client/v4 &&
	export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT &&
	expect_exit 2 ai && says "aisearch help" &&
	expect_exit 2 ai statsu && says "did you mean .status" &&
	expect_exit 2 ai frobnicate && says "no command .frobnicate" &&
	expect_exit 2 ai --frob status && says "unknown option .--frob" &&
	expect_exit 2 ai status --frob && says "status: unknown option .--frob" &&
	expect_exit 2 ai status -x && says "unknown option" &&
	expect_exit 2 ai status --account && says "needs a value" &&
	expect_exit 2 ai status --json=1 && says "takes no value" &&
	expect_exit 2 ai status --timeout soon && says "not a whole number" &&
	expect_exit 2 ai status --timeout 0 && says "from 1" &&
	expect_exit 2 ai status a b && says "unexpected argument" &&
	expect_exit 2 ai search docs && says "too few" &&
	expect_exit 2 ai search docs "" && says "empty" &&
	expect_exit 2 ai search docs word --max-results 51 && says "from 1 to 50" &&
	expect_exit 2 ai provision && says "usage: aisearch provision" &&
	expect_exit 2 ai provision --type s3 --source x docs && says "builtin|r2|web-crawler" &&
	expect_exit 2 ai provision --type r2 docs && says "needs --source" &&
	expect_exit 2 ai provision --type builtin --source x docs && says "no source" &&
	expect_exit 2 ai provision --owner me docs && says "user|account" &&
	expect_exit 2 ai provision --service "A B" docs && says "1 to 48" &&
	expect_exit 2 ai login --role boss </dev/null && says "role" &&
	expect_exit 2 ai instance && says "instance" &&
	expect_exit 2 ai help frobnicate && says "no command"
'

test_expect_success 'ids are checked against the pattern of the API before anything is sent' '
	for id in Docs -docs docs- do--cs "do cs" ../tokens "docs/stats" "" \
		 12345678901234567890123456789012345678901234567890123456789012345; do
		expect_exit 2 ai status -- "$id" && says "not an instance id" || return 1
		expect_exit 2 ai instance get -- "$id" && expect_exit 2 ai provision -- "$id" || return 1
	done
	for id in 123 ${ACCOUNT}0 "$(echo "$ACCOUNT" | tr a-f A-F)" "../../../../../../../user/tokens/x"; do
		expect_exit 2 ai status --account "$id" && says "32 hex" || return 1
	done
	for name in -x Default a_b "a/b" aaaaaaaaaaaaaaaaaaaaaaaaaaaaa; do
		expect_exit 2 ai status --namespace "$name" && says "not a namespace" || return 1
	done
'

test_expect_success 'http:// to a public host and other URLs are refused before anything is sent' '
	for url in http://api.cloudflare.com/client/v4 http://example.com ftp://127.0.0.1/ file:///etc/passwd \
		http://127.0.0.1.example.com/ http://localhost@example.com/ nonsense; do
		expect_exit 2 ai status --url "$url" || { echo "$url"; return 1; }
		grep -q "^aisearch: status: " err || return 1
	done
'

test_expect_success 'without a token it says how to get one' '
	expect_exit 1 ai status && says "manager token" && says "hint: .*aisearch login --role manager" &&
	(unset CLOUDFLARE_ACCOUNT_ID && expect_exit 2 ai status && says "which account" &&
	 says "CLOUDFLARE_ACCOUNT_ID")
'

test_expect_success 'setup: an emulator with idle instances and wrong answers for some of them' '
	start_emulator --instances 30 \
		--fault "GET *idle-00001/stats empty" --fault "GET *idle-00002/stats truncate*4" \
		--fault "GET *idle-00003/stats notjson" --fault "GET *idle-00004/stats big" \
		--fault "GET *idle-00005/stats success-false" --fault "GET *idle-00006/stats null-result" \
		--fault "GET *idle-00007/stats wrong-types" --fault "GET *idle-00009/stats degraded" \
		--fault "GET *idle-00010/stats hang*4" --fault "GET *idle-00008 wrong-types" \
		--fault "GET *idle-00011 null-result" --fault "GET *idle-00012/stats html*1" &&
	CLOUDFLARE_API_BASE_URL=$API && export CLOUDFLARE_API_BASE_URL &&
	mkdir folder && printf "%s" "$CANARY" >plain.token
'

test_expect_success 'login: from stdin, verified, into the vault' '
	ai login <creator.token && grep -q "stored the creator token" out && test ! -s err &&
	ai login --role manager --json <manager.token && test "$(jq -r .role out)" = manager &&
	test "$(jq -r .token_id out | wc -c)" = 33 &&
	test "$(stat -c %a data/aisearch)" = 700 && test "$(stat -c %a data/aisearch/vault.db)" = 600 &&
	keeps_secret data/aisearch/vault.db*
'

test_expect_success 'the token comes back through git' '
	git config --file gitconfig credential.helper "$OUT/git-credential-aisearch" &&
	git config --file gitconfig credential.useHttpPath true &&
	printf "protocol=https\nhost=%s\npath=accounts/%s\nusername=creator\n\n" "$HOSTPORT" "$ACCOUNT" |
		git credential fill >filled && grep -qx "password=$CANARY" filled && rm filled
'

test_expect_success 'login: a token the API does not know is not stored' '
	printf "%s" "nobody${CANARY}" | expect_exit 1 ai login --role manager &&
	says "401" && says "hint:" && ai token verify manager
'

test_expect_success 'login: a token with CR, LF or NUL inside, an empty or an endless one is refused' '
	cp data/aisearch/vault.db before.db &&
	printf "%s\r\n" "$CANARY" | expect_exit 1 ai login && test ! -s out &&
	printf "%s\n%s\n" "$CANARY" x | expect_exit 1 ai login &&
	printf "%s\000x" "$CANARY" | expect_exit 1 ai login &&
	printf "%s x" "$CANARY" | expect_exit 1 ai login &&
	expect_exit 1 ai login </dev/null && says "empty" &&
	printf "\n" | expect_exit 1 ai login && says "empty" &&
	head -c 100000 /dev/zero | tr "\0" a | expect_exit 1 ai login && says "more than" &&
	cmp before.db data/aisearch/vault.db
'

test_expect_success 'login: a token as an argument is refused and not repeated' '
	expect_exit 2 ai login "$CANARY" </dev/null && says "takes no arguments" &&
	expect_exit 2 ai login --token="$CANARY" </dev/null &&
	expect_exit 2 ai login "--$CANARY" </dev/null &&
	expect_exit 2 ai login --role "$CANARY" </dev/null &&
	expect_exit 2 ai "$CANARY" && expect_exit 2 ai "--$CANARY" status &&
	keeps_secret everything
'

test_expect_terminal 'login: the prompt shows no character, and an interrupt puts the echo back' '
	rm -f keys && mkfifo keys && exec 9<>keys && : >typescript &&
	in_terminal "aisearch login" &&
	until_true 20 grep -q "not shown" typescript && cat creator.token >&9 &&
	until_true 20 grep -q "stored the creator" typescript && exec 9>&- && wait $SPAWNED &&
	keeps_secret typescript &&
	: >typescript && exec 9<>keys &&
	in_terminal "aisearch login; echo; stty -a | grep -w -o -e -*echo; echo END" &&
	until_true 20 grep -q "not shown" typescript && printf "\003" >&9 &&
	until_true 20 grep -q "END" typescript && exec 9>&- && wait $SPAWNED;
	grep -q "^echo" typescript && ! grep -q "^-echo" typescript
'

if command -v dash >/dev/null 2>&1; then
# git, or a script, is stopped before us, and the shell has the terminal back: dash, unlike
# bash, leaves it as it finds it.
test_expect_terminal 'login: the stop key puts the echo back, also when a parent is stopped first' '
	cat >job <<-\EOF &&
	set -m
	sh -c "echo \$\$ >parent; aisearch login; :"
	sh -c "echo STOPPED >&2"
	n=0; until ps -o stat= -C aisearch | grep -q ^T || [ $n = 100 ]; do n=$((n + 1)); sleep 0.05; done
	stty -a | grep -o -w -e "-*echo"
	ps -o stat= --ppid $(cat parent) | sed "s/^/STATE /"
	fg
	echo END
	EOF
	rm -f keys && mkfifo keys && : >typescript && exec 9<>keys && in_terminal "dash job" &&
	until_true 20 grep -q "not shown" typescript && printf "\032" >&9 &&
	until_true 20 eval "test \$(grep -c \"not shown\" typescript) = 2" && printf "\003" >&9 &&
	until_true 20 grep -q END typescript && exec 9>&- && wait $SPAWNED;
	grep -q "^echo" typescript && ! grep -q "^-echo" typescript && grep -q "^STATE T" typescript
'
else
	test_skip 'login: the stop key puts the echo back' 'no dash here'
fi

test_expect_success 'status: a table of all, JSON of all, one' '
	ai instance list && test $(wc -l <out) = 31 && grep -q "^INSTANCE " out &&
	ai status idle-00020 && test $(wc -l <out) = 2 && grep -q "^idle-00020  *builtin .*100%" out &&
	ai status --json idle-00020 &&
	jq -e ".instances[0] | .id == \"idle-00020\" and .finished and .stats.queued == 0 and
		.stats.completed > 0 and .stats.percent_processed == 100" out &&
	ai instance get idle-00020 && grep -q "^status " out &&
	ai instance get idle-00020 --json && jq -e ".id == \"idle-00020\" and .type == \"builtin\"" out &&
	ai instance list --json && jq -e "length == 30" out
'

test_expect_success 'status: absent is not zero' '
	ai status idle-00009 && grep -q "degraded  *-  *-  *-" out &&
	ai status idle-00009 --json && jq -e ".instances[0].stats | .queued == null and .degraded" out
'

test_expect_success 'status --wait: done at once, and a time limit for what does not end' '
	ai status --wait idle-00020 && expect_exit 3 ai status --wait --timeout 1 idle-00009 &&
	says "after 1 s" && grep -q idle-00009 out &&
	ai status idle-00023 --json && errors=$(jq ".instances[0].stats.error" out) &&
	ai status idle-00022 --json && jq -e ".instances[0].stats.error > 0" out &&
	expect_exit 4 ai status --wait idle-00022
'

test_expect_success 'an answer that is not what the contract says: exit 1 and what was wrong' '
	for n in 1 2 3 4 5 6 7; do
		expect_exit 1 ai status idle-0000$n || { cat out err; return 1; }
		test ! -s out && grep -q "^aisearch: status: .*idle-0000$n" err || { cat err; return 1; }
	done &&
	expect_exit 1 ai instance get idle-00008 && expect_exit 1 ai instance get idle-00011 &&
	expect_exit 1 ai status idle-00003 && says "JSON" &&
	expect_exit 1 ai status idle-00005 && says "fault on demand" &&
	expect_exit 1 ai status idle-00004 && says "long\|large\|more than\|bytes"
'

test_expect_success 'a gateway error of a moment is got over; a request that hangs ends by its deadline' '
	ai status idle-00012 && expect_exit 3 ai status idle-00010 --timeout 1 && says "time"
'

# soon SECONDS COMMAND...: exit 3 after at most so long, repetitions included
soon () {
	most=$1 began=$(date +%s)
	shift
	expect_exit 3 ai "$@" && test $(($(date +%s) - began)) -le $most || { cat err; return 1; }
}

test_expect_success '--timeout is the limit of the whole command, not of one request' '
	soon 4 status idle-00010 --timeout 1 && soon 4 status --wait --timeout 1 idle-00010 &&
	soon 4 status --wait --timeout 1 --json idle-00010
'

test_expect_success 'a count that could not be read is not the end of the indexing' '
	expect_exit 1 ai status --json &&
	jq -e ".instances[] | select(.id == \"idle-00003\") | .stats == null and .finished == null" out
'

test_expect_success 'a file that may not grow is told, not a death by signal' '
	(ulimit -f 0; aisearch login --role manager --vault "$PWD/new/vault.db" <manager.token 2>&1; echo "exit $?") | cat >out &&
	grep -q "^exit 1" out && grep -q "aisearch: login: " out && ai token verify manager
'

test_expect_success 'words that cannot be right are not sent: exit 2' '
	expect_exit 2 ai token verify nobody && says "no such role" && ! grep nobody err &&
	expect_exit 2 ai search idle-00020 "$(printf "a\377b")" && says "not UTF-8" &&
	expect_exit 2 ai status --url "$API?x=1" && says "no query" &&
	ai instance --help && grep -q "instance delete" out
'

test_expect_success 'one instance whose counts cannot be read does not hide the others' '
	expect_exit 1 ai status && says "idle-00003" && grep -q "^idle-00003  *builtin  *?  *-" out &&
	grep -q "^idle-00020 .*100%" out && test $(wc -l <out) = 31 &&
	expect_exit 1 ai status --json && jq -e ".instances | length == 30" out &&
	jq -e ".instances[] | select(.id == \"idle-00003\") | .stats == null" out
'

test_expect_success 'an instance that is not there, a 401 and a 403 say what to do' '
	expect_exit 1 ai status nothing-here && says "404" &&
	CLOUDFLARE_API_TOKEN=wrong expect_exit 1 ai status idle-00020 && says "401" &&
	says "hint: it is from CLOUDFLARE_API_TOKEN" &&
	CLOUDFLARE_API_TOKEN=$CANARY expect_exit 1 ai status idle-00020 && says "403" &&
	says "hint: .*AI Search"
'

test_expect_success 'CLOUDFLARE_API_TOKEN stands for the manager token, and is wiped from the environment' '
	mv data hidden && CLOUDFLARE_API_TOKEN=$(cat manager.token) ai status idle-00020 &&
	mv hidden data &&
	CLOUDFLARE_API_TOKEN=$(printf "a\rb") expect_exit 2 ai status && says "CLOUDFLARE_API_TOKEN" &&
	CLOUDFLARE_API_TOKEN=$(cat manager.token) &&
	export CLOUDFLARE_API_TOKEN && : >requests.log &&
	spawn aisearch status --wait idle-00009 && pid=$SPAWNED && unset CLOUDFLARE_API_TOKEN &&
	until_true 20 grep -q "idle-00009/stats" requests.log &&
	{ cat /proc/$pid/environ /proc/$pid/cmdline >proc.txt 2>/dev/null || :; } &&
	stop_process $pid && ! grep -qaF -f manager.token proc.txt
'

test_expect_success 'the account is found in the vault when there is only one' '
	(unset CLOUDFLARE_ACCOUNT_ID && ai status idle-00020)
'

test_expect_success 'tokens: list and verify, never a value' '
	ai token list && grep -q "^vault  *creator " out && grep -q "^vault  *manager " out &&
	grep -q "^API " out &&
	ai token list --json && jq -e "(.vault | length) == 2 and (.api_tokens | length) >= 2 and
		(.credentials | length) == 0" out &&
	ai token verify && grep -q "^creator  *active .* user" out && grep -q "^manager  *active " out &&
	ai token verify --json manager && jq -e ".[0].status == \"active\"" out &&
	expect_exit 1 ai token verify service:none && says "hint: make one: aisearch token create none" &&
	CLOUDFLARE_API_TOKEN=wrong expect_exit 1 ai token verify && grep -q "refused" out
'

test_expect_success 'instance delete: no terminal and no --yes is no' '
	expect_exit 2 ai instance delete idle-00030 && says "\-\-yes" && ai instance get idle-00030 &&
	ai instance delete idle-00030 --yes && expect_exit 1 ai instance get idle-00030
'

test_expect_terminal 'instance delete asks on a terminal, and no is no' '
	rm -f keys && mkfifo keys && : >typescript && exec 9<>keys &&
	in_terminal "aisearch instance delete idle-00029" &&
	until_true 20 grep -q "y/N" typescript && echo n >&9 && exec 9>&- &&
	{ wait $SPAWNED; grep -q "not deleted" typescript; } && ai instance get idle-00029
'

test_expect_success 'control characters of foreign text reach no terminal' '
	expect_exit 2 ai status "$(printf "a\033[31mb")" && ! grep -q "$(printf "\033")" err &&
	ai search idle-00020 "$(printf "a\033b\302\233c")" --json && ! grep -q "$(printf "\033\|\302\233")" out &&
	jq -r .query out | grep -q "$(printf "a\033b\302\233c")"
'

# words | what is said
cat >twice <<\EOF
item list docs --page 1 --page 2|--page is given twice
item list docs --page=1 --status error --page 2|--page is given twice
--namespace a status -n b|--namespace is given twice
--account 023e105f4ecef8ad9ca31a8372d0c353 --account 123e105f4ecef8ad9ca31a8372d0c353 status|--account is given twice
item list docs --status error --status queued|--status is given twice
search docs words --max-results 1 --max-results 2|--max-results is given twice
instance create docs --score-threshold 0.1 --score-threshold 0.2|--score-threshold is given twice
instance create docs --cache --no-cache|--cache and --no-cache contradict each other
instance create docs --no-cache --cache=true|--cache and --no-cache contradict each other
instance create docs --cache --cache=maybe|neither true nor false
status --format nagios --warning errors=1,errors=2|--warning: .errors. is given twice
status --format nagios --critical age=1d --critical errors=2|--critical is given twice
EOF
test_expect_success 'what has one value is not given two: exit 2, and nothing is sent' '
	: >requests.log && while IFS="|" read -r words said; do
		expect_exit 2 ai $words </dev/null && says "$said" && test ! -s out || { echo "$words"; return 1; }
	done <twice && test ! -s requests.log
'

test_expect_success 'the same twice, flags and lists may be' '
	ai status idle-00020 -n default --namespace=default --json --json &&
	ai status idle-00020 --format nagios --warning errors=1000,errors=1000 --warning errors=1000,errors=1000 &&
	ai instance create twice --cache --cache=true --include-items a --include-items b &&
	ai instance get twice --json && jq -e ".source_params.include_items == [\"a\", \"b\"]" out &&
	ai instance delete twice -y -y
'

test_expect_success 'a full disk is a failed operation' '
	for words in help version "help --json" "completion bash" "completion zsh" "completion fish" \
		"help --mdoc commands" "status idle-00020" "status --format prometheus" "instance list" \
		"instance list --json" "item list idle-00020 --json" "token list" "token print" "whoami" \
		"vault list --json" "vault export --plain" "vault show 1 --reveal" "vault check" "doctor --offline" \
		"export" "token profile list --json"; do
		aisearch $words >/dev/full 2>err; code=$?
		test $code = 1 && says "cannot write to stdout: No space left on device" || { echo "$words: $code"; return 1; }
	done
'

test_expect_success 'a closed stdout is, too' '
	aisearch help >&- 2>err; test $? = 1 && says "cannot write"
'

test_expect_success 'a reader that has gone: exit 1, and not a word' '
	mkfifo gone && exec 8<>gone 9>gone 8>&- && for words in help "help --json" "completion bash" "status idle-00020" "instance list" \
		"item list idle-00020 --json" "token list" "token list --json" "token print" "whoami" "vault list" "doctor --offline"; do
		aisearch $words >&9 2>err; code=$?
		test $code = 1 && test ! -s err || { echo "$words: $code"; cat err; exec 9>&-; return 1; }
	done; exec 9>&-
'
test_expect_success 'token print: a closed stdout is not a wrong descriptor' '
	aisearch token print >&- 2>err; test $? = 1 && says "token print: stdout is closed" && ! grep -q hint err
'

test_expect_success 'a reader that goes away is not a crash' '
	{ aisearch instance list --json; echo $? >code; } 2>err | head -c 1 >/dev/null;
	case $(cat code) in 0|1) : ;; *) return 1 ;; esac
'

test_expect_success 'a vault others may read, a damaged one, a missing key' '
	chmod 644 data/aisearch/vault.db && expect_exit 1 ai status idle-00020 && says "chmod 600" &&
	chmod 600 data/aisearch/vault.db &&
	ai status --vault data/aisearch/vault.db idle-00020 &&
	(umask 077; mkdir bad; head -c 8192 /dev/urandom >bad/vault.db; cp data/aisearch/vault.db.key bad/) &&
	expect_exit 1 ai status --vault bad/vault.db idle-00020 && grep -q "^aisearch: status: " err &&
	expect_exit 1 ai status --key-file nowhere/key idle-00020
'

# Sends everybody to $1, on a port that it writes to rport.
redirector () {
	spawn perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1", LocalPort => 0) or die;
		open my $f, ">", "rport.new" or die; print $f $s->sockport; close $f; rename "rport.new", "rport";
		while (my $c = $s->accept) {
			my $path = ""; while (<$c>) { $path ||= (split)[1]; last if /^\r?$/ }
			print $c "HTTP/1.1 302 Found\r\nLocation: $ARGV[0]$path\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
			close $c;
		}' "$1" && until_true 20 test -s rport
}

test_expect_success 'a redirection is not followed: the token stays where it was sent' '
	redirector "http://$HOSTPORT" && : >requests.log &&
	CLOUDFLARE_API_TOKEN=$(cat manager.token) &&
	export CLOUDFLARE_API_TOKEN &&
	expect_exit 1 ai status idle-00020 --url "http://127.0.0.1:$(cat rport)/client/v4"
	code=$?
	unset CLOUDFLARE_API_TOKEN
	test $code = 0 && says "HTTP 302" && test ! -s requests.log
'

# In a namespace whose system store is the folder $1, so that nothing outside changes.
with_store () {
	store=$1
	shift
	unshare -rm sh -c 'mount --bind "$1" /etc/ssl/certs && shift && exec "$@"' sh "$store" "$@"
}

openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.pem -days 2 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1
openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other \
	>/dev/null 2>&1
mkdir store && cp tls.pem "store/$(openssl x509 -hash -noout -in tls.pem).0"
if with_store store true 2>/dev/null; then
test_expect_success '--ca-cert trusts exactly that file, not the system store beside it' '
	stop_process $EMULATOR_PID &&
	start_emulator --instances 30 --tls-cert tls.pem --tls-key tls.key && url=https://$HOSTPORT/client/v4 &&
	CLOUDFLARE_API_TOKEN=$(cat manager.token) && export CLOUDFLARE_API_TOKEN &&
	with_store store aisearch status idle-00020 --url $url &&
	with_store store aisearch status idle-00020 --url $url --ca-cert tls.pem &&
	! with_store store aisearch status idle-00020 --url $url --ca-cert other.pem 2>err
	code=$?
	unset CLOUDFLARE_API_TOKEN
	test $code = 0 && says "certificate"
'
else
	test_skip '--ca-cert trusts exactly that file, not the system store beside it' 'no namespaces here'
fi

test_expect_success 'the API not being there is told in one sentence' '
	stop_process $EMULATOR_PID &&
	expect_exit 1 ai status idle-00020 && grep -q "^aisearch: status: " err && test $(wc -l <err) -le 2
'

test_expect_success 'no secret in any output, log or file' '
	rm -f creator.token plain.token auth.header && keeps_secret everything requests.log emulator.err &&
	keeps_secret $(find data -type f) &&
	! grep -qaF -f manager.token everything requests.log emulator.err data/aisearch/vault.db
'

test_done
