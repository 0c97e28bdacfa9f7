#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='what the commands print, letter by letter: t/golden/NAME has command, exit, stdout and stderr'
# GOLDEN=write makes them anew: read the difference before you keep it.
. "${0%/*}/lib.sh"
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT
FILES=$TESTS/golden
unset NO_COLOR

# What no two runs have in common, in as many characters.  Numbers of the indexing differ with its pace.
settle () {
	sed -E "s/$ACCOUNT/ACCOUNT.........................../g
		s/127\.0\.0\.1:[0-9]+ */127.0.0.1:PORT /g
		s/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UUID................................/g
		s/[0-9a-f]{64}/KEY............................................................./g
		s/[0-9a-f]{32}/ID............................../g
		s/(aisearch [a-z]+ 023e105f) [0-9a-f]{8}/\1 ......../g
		s/20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z/TIME................/g
		s/\b1[0-9]{9}(000)?\b/SECONDS/g; s/age=[0-9]+s/age=Ns/; s#provision/[0-9a-f]{16}#provision/................#; s/, [0-9]+(\.[0-9]+)?\/s//; s/\b[0-9]+ ms\b/N ms/g; s/in [0-9.]+ s\b/in N s/
		s#$SANDBOX#SANDBOX#g; s#$OUT#OUT#g
		/^[a-z]+: ( *[0-9]+% |nothing queued)/d; s/ wait: (done|nothing to do),/ wait: ended,/" "$@"
}
# golden NAME ARGUMENTS: what the command prints is what the file has
golden () {
	name=$1
	shift
	ai "$@" </dev/null
	{ echo "\$ aisearch $*"; echo "exit $code"; settle out; echo "-- stderr"; settle err; } >"$name"
	if [ "${GOLDEN-}" = write ]; then
		mkdir -p "$FILES"
		cp "$name" "$FILES/$name"
	fi
	test_expect_success "$name: aisearch $*" 'diff -u "$FILES/$name" "$name"'
}

test_expect_success 'setup: a bucket, a folder, two tokens' '
	mkdir bucket tree tree/deep && echo "The zebra has stripes." >bucket/zebra.md &&
	echo "A lion has none." >bucket/lion.txt && printf "x" >bucket/odd.xyz &&
	echo "Walruses sleep on ice." >tree/walrus.md && echo "Otters hold hands." >tree/deep/otter.md &&
	start_emulator --bucket animals="$PWD/bucket" &&
	CLOUDFLARE_API_BASE_URL=$API && export CLOUDFLARE_API_BASE_URL
'
ai login <creator.token
golden version version
golden whoami whoami
golden provision provision zoo --source animals
test_expect_success 'the first job has ended' '
	until_true 30 sh -c "aisearch job list zoo --json | jq -e \".[0].ended_at\""
'
golden provision-again provision zoo --source animals
golden provision-other provision zoo --source animals --body-file /dev/null
golden provision-upload provision house --upload tree --query 'where do walruses sleep'
golden provision-check provision zoo none=nowhere --check
golden token-list token list
golden token-verify token verify
golden token-show token show service:default
golden token-nothing token show service:nothing
golden instance-list instance list
golden instance-get instance get zoo
golden instance-update instance update zoo --max-num-results 7 --yes
golden instance-update-same instance update zoo --max-num-results 7 --yes
golden instance-update-asks instance update zoo --max-num-results 8
golden instance-pause instance pause zoo
golden instance-resume instance resume zoo
golden instance-stats instance stats zoo
golden instance-create instance create shed --description 'not a setting'
golden instance-taken instance create house --chunk-size 300
golden instance-nothing instance get nothing
golden namespace-create namespace create garden --description 'all that grows'
golden namespace-list namespace list
golden namespace-get namespace get garden
golden namespace-delete namespace delete garden --yes
golden item-delete item delete house deep/otter.md --yes
golden item-list item list house
golden item-get item get house walrus.md
golden item-chunks item chunks house walrus.md
golden item-nothing item get house nothing.md
golden search search zoo stripes
golden search-json search zoo stripes --json
golden search-nothing search zoo unheardof
golden chat chat zoo 'who has stripes'
golden job-list job list zoo
golden status status
golden status-one status zoo
golden status-nagios status --format nagios
golden status-json status zoo --json
echo '{"version":1,"namespaces":[{"name":"yard"}],"instances":[{"id":"zoo","max_num_results":9},{"id":"pond","paused":true,"chunk_sze":1}]}' >yard.json
golden plan plan yard.json
golden plan-json plan yard.json --json
sed -i 's/,"chunk_sze":1//' yard.json
golden apply apply yard.json --yes
golden apply-again apply yard.json --yes
golden export export
golden vault-list vault list
golden config-check config check yard.json
golden unknown no-such-command
golden unknown-option status --wiat
golden logout-manager logout --role manager
golden token-revoke token revoke service:default --yes
test_expect_success 'no secret in any of it' '
	keeps_secret everything requests.log "$FILES"/*
'
test_done
