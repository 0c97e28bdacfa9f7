#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='tables on a terminal: none is wider, whatever is in them'
. "${0%/*}/lib.sh"

NAMESPACES=/accounts/$ACCOUNT/ai-search/namespaces
LONG='a description that goes on and on, with wide 日本語 and accented Žluťoučký words in it, and then on'

test_expect_success 'setup: long names everywhere' '
	mkdir -p "site/a-folder-with-a-long-name/日本語の名前はとても長い" &&
	for n in 1 2 3; do
		echo "words of page $n" >"site/a-folder-with-a-long-name/日本語の名前はとても長い/a-file-with-a-long-name-too-$n.txt" || return 1
	done &&
	start_emulator --instances 2 --site example.com="$PWD/site" &&
	CLOUDFLARE_API_BASE_URL=$API CLOUDFLARE_ACCOUNT_ID=$ACCOUNT && export CLOUDFLARE_API_BASE_URL CLOUDFLARE_ACCOUNT_ID &&
	aisearch login --role manager <manager.token && aisearch login --role creator <creator.token &&
	api POST "$NAMESPACES" -H "Content-Type: application/json" -d "{\"name\":\"a-namespace-with-a-long-name\",\"description\":\"$LONG\"}" &&
	api POST "$NAMESPACES/default/instances" -H "Content-Type: application/json" \
		-d "{\"id\":\"an-instance-with-a-long-name-that-goes-on\",\"type\":\"web-crawler\",\"source\":\"example.com\"}" &&
	aisearch token create a-profile-with-a-long-name &&
	aisearch token profile add --permissions "AI Search Read" --ttl 3600 --host git.example.com \
		--path a/very/long/path/that/goes/on/and/on a-profile-of-git &&
	aisearch status --wait --timeout 30 &&
	cat >collectd.conf <<-END
	LoadPlugin aisearch
	<Plugin aisearch>
	  <Account "an-account-with-a-long-name-that-goes-on">
	    AccountId "$ACCOUNT"
	  </Account>
	</Plugin>
	END
'
# fits COMMAND: its output has a row for each in a pipe; no line is wider than the terminal
fits () {
	aisearch $1 >piped && test $(wc -l <piped) -ge ${2-2} || { echo "nothing in $1:"; cat piped; return 1; }
	for columns in 120 80 60 40 20 10 3 1; do
		on_terminal $columns "NO_COLOR=1 aisearch $1 2>/dev/null" >shown
		test "$(widths shown | sort -n | tail -n 1)" -le $columns && test "$(wc -l <shown)" = "$(wc -l <piped)" || {
			echo "$1 in $columns columns:" && cat shown && return 1
		}
	done
}

for command in status 'instance list' 'instance stats an-instance-with-a-long-name-that-goes-on' 'namespace list' \
	'item list an-instance-with-a-long-name-that-goes-on' 'job list an-instance-with-a-long-name-that-goes-on' \
	'token list' 'token verify' 'token profile list' 'vault list' 'config check collectd.conf'; do
	test_expect_terminal "$command" 'fits "$command"'
done
test_expect_terminal 'whoami: its table' '
	on_terminal 80 "NO_COLOR=1 aisearch whoami" >shown && grep -q "^service:a-profile-with-a-long-name  *active$" shown &&
	aisearch whoami >piped && for columns in 80 60 40 20 10 1; do
		on_terminal $columns "NO_COLOR=1 aisearch whoami" | sed "1,/^\$/d" >shown && test $(wc -l <shown) -ge 3 &&
		test "$(widths shown | sort -n | tail -n 1)" -le $columns || { cat shown; return 1; }
	done
'
test_expect_terminal 'vault list: hosts are whole while times can go' '
	on_terminal 80 "NO_COLOR=1 aisearch vault list" >shown && cat shown && grep -q "^ *[0-9]*  https://127.0.0.1:[0-9]*/" shown
'
test_done
