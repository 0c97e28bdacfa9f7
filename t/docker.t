#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='docker-credential-aisearch, told to skopeo and to docker'"'"'s own client library'
. "${0%/*}/lib.sh"

DB=$XDG_DATA_HOME/aisearch/vault.db

# docker ACTION: what comes from stdin; answer, message and status are kept.
docker () {
	docker-credential-aisearch "$@" >answer 2>message
	status=$?
	case ${1-} in get) ;; *) cat answer ;; esac >>transcript
	cat message >>transcript
	return $status
}

# store URL USER SECRET: as JSON
store () {
	jq -cn --arg u "$1" --arg n "$2" --arg s "$3" '{ServerURL:$u, Username:$n, Secret:$s}' |
		docker store
}

# holds URL USER SECRET: get answers so
holds () {
	printf %s "$1" | docker get && test ! -s message &&
	jq -e --arg u "$1" --arg n "$2" --arg s "$3" \
		'. == {ServerURL:$u, Username:$n, Secret:$s}' answer >/dev/null && return
	echo "get $1:"; cat answer message
	return 1
}

# says_exactly TEXT ACTION: exit 1 with this line on stdout, for the request on stdin
says_exactly () {
	expect_exit 1 docker "$2" && echo "$1" | cmp - answer
}

# missing URL
missing () {
	printf %s "$1" | says_exactly "credentials not found in native keychain" get
}

# refused TEXT ACTION: exit 1, this on both channels, for the request on stdin; nothing written
refused () {
	before=$(cksum <"$DB")
	expect_exit 1 docker "$2" && grep -q "$1" answer &&
	head -n 1 message | grep -q "^docker-credential-aisearch: .*$1" &&
	test "$(cksum <"$DB")" = "$before" && return
	echo "not refused with '$1':"; cat answer message
	return 1
}

: >transcript

test_expect_success 'without a vault: get finds nothing, list is empty, erase is content' '
	missing r.example &&
	docker list </dev/null && echo "{}" | cmp - answer &&
	printf r.example | docker erase && test ! -s answer && test ! -e "$DB"
'

test_expect_success 'store says nothing, get gives back what was stored' '
	store r.example:5000 ann "$CANARY" && test ! -s answer && test ! -s message &&
	holds r.example:5000 ann "$CANARY"
'

test_expect_success 'the spellings of one server are one entry; other servers have none' '
	for url in https://r.example:5000 https://r.example:5000/ r.example:5000/ //r.example:5000 \
		   "https://r.example:5000/?x=y"; do
		holds "$url" ann "$CANARY" || return 1
	done &&
	for url in r.example R.example:5000 r.example:50000 r.example:500 http://r.example:5000 \
		   xr.example:5000 r.example:5000/v2 https://r.example:5000/v2; do
		missing "$url" || return 1
	done &&
	printf r.example:5000.evil.example | refused "not a host" get &&
	printf "  r.example:5000\r\n\t" | docker get && jq -e ".Username == \"ann\"" answer
'

test_expect_success 'the public registry has several names' '
	store https://index.docker.io/v1/ hub "$CANARY" &&
	holds docker.io hub "$CANARY" && holds registry-1.docker.io hub "$CANARY" &&
	holds index.docker.io hub "$CANARY" &&
	missing docker.io.evil.example && missing https://index.docker.io/v2/ &&
	printf docker.io | docker erase && missing https://index.docker.io/v1/
'

test_expect_success 'list shows what the client stored, and only that' '
	store https://path.example/team/ bob "$CANARY" &&
	printf "%s\n" protocol=https host=git.example username=git "password=$CANARY" |
		git-credential-aisearch store &&
	sqlite3 "$DB" "UPDATE credential SET label=\"a name\" WHERE host=\"git.example\"" &&
	printf unused | docker list &&
	echo "{\"r.example:5000\":\"ann\",\"https://path.example/team/\":\"bob\"}" | jq -S . >wanted &&
	jq -S . answer | cmp wanted - &&
	store https://r.example:5000 ann "$CANARY" && docker list </dev/null &&
	jq -e "keys == [\"https://path.example/team/\", \"https://r.example:5000\"]" answer
'

test_expect_success 'a path has its own entry, which does not answer for the host' '
	holds path.example/team bob "$CANARY" && missing path.example && missing path.example/team/x &&
	store path.example eve other && holds path.example eve other &&
	printf path.example | docker erase && missing path.example &&
	holds path.example/team bob "$CANARY"
'

test_expect_success 'a token of the API under the same host is neither given nor taken' '
	printf "%s\n" protocol=https host=api.example path=accounts/$ACCOUNT username=manager \
		"password=$CANARY" | git-credential-aisearch store &&
	missing api.example && printf api.example | docker erase &&
	printf "%s\n" protocol=https host=api.example | git-credential-aisearch get |
		grep -qx "password=$CANARY"
'

test_expect_success 'what git stored for a host answers, what docker stored answers git' '
	holds git.example git "$CANARY" &&
	printf "%s\n" protocol=https host=r.example:5000 | git-credential-aisearch get >got &&
	printf "%s\n" username=ann "password=$CANARY" | cmp - got
'

test_expect_success 'of several users the newest answers, and erase takes them all' '
	store many.example a one && store many.example b two && holds many.example b two &&
	store many.example a three && holds many.example a three &&
	docker list </dev/null && jq -e ".[\"many.example\"] == \"a\"" answer &&
	printf many.example | docker erase && test ! -s answer && missing many.example &&
	printf many.example | docker erase &&
	test "$(sqlite3 "$DB" "SELECT count(*) FROM credential WHERE host=\"many.example\" AND state=2")" = 2
'

test_expect_success 'an expired entry is withheld, from list too' '
	store old.example u "$CANARY" && holds old.example u "$CANARY" &&
	printf "%s\n" protocol=https host=old.example username=u "password=$CANARY" \
		password_expiry_utc=1 | git-credential-aisearch store &&
	missing old.example &&
	sqlite3 "$DB" "UPDATE credential SET origin=\"docker\" WHERE host=\"old.example\"" &&
	docker list </dev/null && jq -e "has(\"old.example\") | not" answer
'

test_expect_success 'escapes, names in any case, extra members, identity tokens' '
	printf "%s" "{\"serverurl\":\" esc.example \",\"USERNAME\":\"<token>\",\"x\":{\"Secret\":1}," \
		"\"Secret\":\"\\u003c\\u0026\\u003e\\ud83d\\ude00\\\"\\\\\\/\\t\"}" "" | docker store &&
	holds esc.example "<token>" "$(printf "<&>\360\237\230\200\"\\\\/\t")"
'

test_expect_success 'half a surrogate pair is refused, not changed' '
	for half in "\\ud800" "\\ude00" "\\ud83d\\ud83d"; do
		printf "%s" "{\"ServerURL\":\"half.example\",\"Username\":\"u\",\"Secret\":\"a${half}b\"}" |
			refused "surrogate" store || return 1
	done &&
	missing half.example
'

test_expect_success 'the sentences that clients compare with' '
	echo "{\"Username\":\"u\",\"Secret\":\"s\"}" | says_exactly "no credentials server URL" store &&
	echo "{\"ServerURL\":\" \",\"Username\":\"u\",\"Secret\":\"s\"}" |
		says_exactly "no credentials server URL" store &&
	echo "{\"ServerURL\":\"h\",\"Secret\":\"s\"}" | says_exactly "no credentials username" store &&
	echo "{\"ServerURL\":\"h\",\"Username\":\"\",\"Secret\":\"s\"}" |
		says_exactly "no credentials username" store &&
	says_exactly "no credentials server URL" get </dev/null &&
	printf " \n" | says_exactly "no credentials server URL" get &&
	says_exactly "no credentials server URL" erase </dev/null &&
	test ! -s message
'

test_expect_success 'control characters inside a name are refused, at its ends they are trimmed' '
	for action in get erase; do
		printf "https://r.te\nst" | refused "control character" $action &&
		printf "r.example:5000\rx" | refused "control character" $action &&
		printf "r.example:5000\000x" | refused "NUL" $action &&
		printf "r.example:5000\033[2J" | refused "control character" $action &&
		printf "https://u@r.example:5000" | refused "user name" $action &&
		printf "ftp://r.example:5000" | refused "scheme" $action &&
		printf "r.example:5000#x" | refused "fragment" $action || return 1
	done &&
	json () { printf "{\"ServerURL\":\"%s\",\"Username\":\"%s\",\"Secret\":\"%s\"}" "$@"; } &&
	json "r.te\\u000ast" u "$CANARY" | refused "control character" store &&
	json "r.te\\u0000st" u "$CANARY" | refused "NUL" store &&
	json r.test "u\\u000d" "$CANARY" | refused "control character" store &&
	json r.test u "$CANARY\\u0000" | refused "NUL" store &&
	json https://u@r.test u "$CANARY" | refused "user name" store
'

test_expect_success 'what is not one JSON object is refused' '
	for text in "" "{" "[]" "\"$CANARY\"" "{} {}" "{\"ServerURL\":1}" "{\"Secret\":[\"$CANARY\"]}" \
		    "ServerURL=h" "{\"ServerURL\":\"h\",\"Username\":\"u\"}"; do
		printf "%s" "$text" | refused "not stored" store || return 1
	done
'

test_expect_success 'a secret may have 64 KiB and more; a request has an end' '
	long=$(printf %0100000d 7) &&
	printf "{\"ServerURL\":\"long.example\",\"Username\":\"u\",\"Secret\":\"%s\"}\n" "$long" |
		docker store && printf long.example | docker get &&
	test "$(jq -r .Secret answer | wc -c)" = 100001 &&
	{ printf "{\"ServerURL\":\"" && head -c 2000000 /dev/zero | tr "\0" x; } |
		refused "longer than" store &&
	head -c 2000000 /dev/zero | tr "\0" x | refused "longer than" get
'

test_expect_success 'version, help, and words that are no action' '
	for word in version --version -v; do
		docker $word </dev/null &&
		grep -qx "docker-credential-aisearch (aisearch) [0-9.]*" answer || return 1
	done &&
	for word in --help -h; do
		docker $word </dev/null && grep -q "^usage: docker-credential-aisearch" answer || return 1
	done &&
	expect_exit 1 docker frobnicate </dev/null && expect_exit 1 docker </dev/null &&
	printf r.example:5000 | expect_exit 1 docker --mint ci get && grep -q "mint" answer && grep -q "mint" message &&
	expect_exit 1 docker get list </dev/null && expect_exit 1 docker --nope </dev/null &&
	printf r.example:5000 | git-credential-aisearch docker get | grep -q "\"ann\""
'

test_expect_success 'a vault that is not where --vault says is told beside the answer' '
	printf r.example | expect_exit 1 docker --vault "$PWD/nowhere/v.db" get &&
	grep -qx "credentials not found in native keychain" answer &&
	grep -q "warning: there is no vault at .*nowhere" message &&
	docker --vault "$PWD/nowhere/v.db" list </dev/null && grep -qx "{}" answer && grep -q warning message
'

test_expect_success 'a vault that cannot be used is told on both channels, not as "not found"' '
	chmod 644 "$DB" &&
	printf r.example:5000 | expect_exit 1 docker get &&
	grep -q "readable by others\|accessible" answer && grep -q "hint: chmod" message &&
	chmod 600 "$DB" && holds r.example:5000 ann "$CANARY"
'

# --- docker's client library ---------------------------------------------------

GOCODE=/usr/share/gocode
if command -v go >/dev/null && [ -d $GOCODE/src/github.com/docker/docker-credential-helpers ]; then
	test_expect_success 'docker'"'"'s client library stores, gets, lists and erases' '
		GO111MODULE=off GOPATH=$GOCODE GOCACHE=$PWD/gocache GOFLAGS= \
			go build -o client "$TESTS/standin/client.go" &&
		expect_exit 3 ./client get go.example &&
		printf "%s<&>" "$CANARY" | ./client store https://go.example/v1/ "us er" &&
		./client get https://go.example/v1 >got && jq -e --arg s "$CANARY<&>" \
			".Username == \"us er\" and .Secret == \$s and .ServerURL == \"https://go.example/v1\"" got &&
		./client list | jq -e ".[\"https://go.example/v1/\"] == \"us er\"" &&
		./client erase go.example/v1 && expect_exit 3 ./client get https://go.example/v1/ &&
		./client erase go.example/v1 &&
		printf x | expect_exit 1 ./client store "" u 2>err && grep -q "no credentials server URL" err &&
		printf x | expect_exit 1 ./client store h "" 2>err && grep -q "no credentials username" err
	'
else
	test_skip 'docker'"'"'s client library stores, gets, lists and erases' \
		'needs golang-go and golang-github-docker-docker-credential-helpers-dev'
fi

# --- skopeo and a registry -----------------------------------------------------

if command -v skopeo >/dev/null; then
	spawn perl "$TESTS/standin/standin.pl" registry "$PWD/port" "$PWD/registry.log" "$PWD/secrets" \
		2>registry.err
	until_true 20 test -s port || cat registry.err
	REGISTRY=127.0.0.1:$(cat port)
	(umask 077 && echo "ann:$CANARY" >secrets)
	echo "{\"credHelpers\":{\"$REGISTRY\":\"aisearch\"}}" >auth.json
	REGISTRY_AUTH_FILE=$PWD/auth.json
	export REGISTRY_AUTH_FILE

	test_expect_success 'skopeo has no credential before, logs in, and asks the helper afterwards' '
		tags () { skopeo list-tags --tls-verify=false "docker://$REGISTRY/some/image"; } &&
		! tags 2>err && grep -q "^nobody" registry.log && ! grep -q "^welcome" registry.log &&
		echo "$CANARY" | skopeo login --tls-verify=false -u ann --password-stdin "$REGISTRY" &&
		: >registry.log && tags >got && jq -e ".Tags == [\"one\", \"two\"]" got &&
		grep -q "^welcome GET /v2/some/image/tags/list" registry.log &&
		holds "$REGISTRY" ann "$CANARY" && keeps_secret auth.json &&
		docker list </dev/null && jq -e --arg r "$REGISTRY" ".[\$r] == \"ann\"" answer
	'
	test_expect_success 'the registry wants another password: skopeo is refused, logs in anew' '
		(umask 077 && echo "ann:new$CANARY" >secrets) && : >registry.log &&
		! tags 2>err && grep -q "^refused" registry.log &&
		echo "new$CANARY" | skopeo login --tls-verify=false -u ann --password-stdin "$REGISTRY" &&
		tags >got && holds "$REGISTRY" ann "new$CANARY"
	'
	test_expect_success 'skopeo logs out' '
		skopeo logout "$REGISTRY" && missing "$REGISTRY" && : >registry.log && ! tags 2>err &&
		! grep -q "^welcome" registry.log
	'
else
	for name in 'skopeo has no credential before, logs in, and asks the helper afterwards' \
		    'the registry wants another password: skopeo is refused, logs in anew' \
		    'skopeo logs out'; do
		test_skip "$name" 'needs skopeo'
	done
fi

if [ "$VARIANT" = release ] && command -v valgrind >/dev/null &&
   [ -x "$OUT/dynamic/git-credential-aisearch" ]; then
	check () {
		valgrind -q --error-exitcode=9 --leak-check=full "$OUT/dynamic/git-credential-aisearch" docker "$@"
	}
	test_expect_success 'valgrind finds nothing' '
		echo "{\"ServerURL\":\"vg\",\"Username\":\"u\",\"Secret\":\"s\\u003c\",\"y\":[\"z\"]}" >in &&
		check store <in && check store <in && printf vg | check get | grep -q "s<" &&
		check list </dev/null && printf vg | check erase &&
		printf vg | expect_exit 1 check get && echo "{\"Secret\":1}" | expect_exit 1 check store &&
		expect_exit 1 check nope
	'
else
	test_skip 'valgrind finds nothing' 'for the release variant, with valgrind'
fi

test_expect_success 'the secret shows in no message, no list and no vault' '
	grep -q "^docker-credential-aisearch: " transcript &&
	keeps_secret transcript "$DB" "$DB.key"
'

test_done
