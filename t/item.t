#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch item: list, get, upload, delete, sync, logs, chunks, download'
. "${0%/*}/lib.sh"
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

I=/accounts/$ACCOUNT/ai-search/namespaces/default/instances
# fresh [OPTIONS]: an emulator with built-in storage "docs", the tokens in the vault
EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token && ai provision docs
}
# posts: uploads that the API has taken
posts () {
	grep -c " POST [^ ]*/items 200 " requests.log
}
# keys: of docs, sorted
keys () {
	ai item list docs --json && jq -r ".[].key" out | sort
}

test_expect_success 'setup: built-in storage, and a folder' '
	make_corpus bucket 5 && fresh --bucket source=bucket &&
	mkdir -p folder/guides/deep folder/.git && printf "Start here.\n" >folder/start.md &&
	printf "Guide one.\nLine two.\n" >folder/guides/one.md && printf "deep\n" >folder/guides/deep/x.md &&
	echo hidden >folder/.hidden && echo hidden >folder/.git/config && ln -s start.md folder/link.md
'

test_expect_success 'no items: an empty list in both forms' '
	ai item list docs && test ! -s out && says "no such items" &&
	ai item list docs --json && test "$(jq -c . out)" = "[]"
'

test_expect_success 'a file is uploaded under its name, its object is told' '
	ai item upload docs folder/start.md && grep -q "^1 uploaded, 0 there already, 0 left out" out &&
	ai item upload docs folder/guides/one.md --key guides/first.md --metadata "{\"team\":\"docs\"}" --json &&
	jq -e ".uploaded == 1 and .files == 1 and .failed == 0 and .bytes == 21 and .instance == \"docs\" and
		.items[0].key == \"guides/first.md\" and .items[0].metadata.team == \"docs\"" out &&
	test "$(keys | tr "\n" " ")" = "guides/first.md start.md "
'

test_expect_success 'a key that is taken: told, and only --replace replaces' '
	printf "Start anew.\n" >start.md && expect_exit 1 ai item upload docs start.md &&
	says "code 7042" && says "hint: .*--replace" &&
	ai item upload docs start.md --replace --wait && ai item download docs start.md -o - && cmp out start.md
'

test_expect_success 'a file that is there with the same content: there already, exit 0, as in a folder' '
	ai item upload docs start.md && grep -qx "0 uploaded, 1 there already, 0 left out" out &&
	ai item upload docs start.md --replace --json && jq -e ".uploaded == 0 and .there_already == 1 and
		.failed == 0 and .items[0].key == \"start.md\"" out &&
	test "$(grep -c " DELETE " requests.log)" = 1 &&
	ai item upload docs start.md folder/guides/one.md --wait --json &&
	jq -e ".uploaded == 1 and .there_already == 1 and (.items | length) == 2" out &&
	sed "s/./x/" start.md >same-size && expect_exit 1 ai item upload docs same-size --key start.md && says 7042 &&
	ai item delete docs one.md --yes
'

test_expect_success 'list: filters, a page, ids; get by id and by key' '
	ai item list docs --search guides --json && test "$(jq length out)" = 1 &&
	ai item list docs --key start.md --json && id=$(jq -r ".[0].id" out) && test "$(jq length out)" = 1 &&
	ai item list docs --status error --json && test "$(jq length out)" = 0 &&
	ai item list docs --status completed --sort-by modified_at && test $(wc -l <out) -ge 2 &&
	grep -q "^ITEM .*KEY" out && grep -q "completed .* start.md" out &&
	ai item list docs --source builtin --json && test "$(jq length out)" = 2 &&
	ai item list docs --metadata-filter "{\"team\":\"docs\"}" --json && test "$(jq length out)" = 1 &&
	ai item list docs --page 2 --per-page 1 --json && test "$(jq length out)" = 1 &&
	ai item get docs "$id" && grep -q "^key  *start.md" out && grep -q "^status  *completed" out &&
	ai item get docs start.md --json && jq -e ".id == \"$id\" and (.checksum | length) == 32" out &&
	expect_exit 1 ai item get docs nothing.md && says "has no item" && says "hint: aisearch item list docs" &&
	expect_exit 1 ai item get nowhere start.md && says "7002"
'

test_expect_success 'a folder that goes too deep is told, and counted as left out' '
	(mkdir -p deep && cd deep && for i in $(seq 60); do mkdir d && cd d || exit 1; done && echo x >x.md) &&
	expect_exit 1 ai item upload docs deep && says "nothing was uploaded" && echo y >deep/y.md &&
	expect_exit 4 ai item upload docs deep --prefix deep/ --json && jq -e ".failed == 1 and .uploaded == 1" out &&
	expect_exit 4 ai item upload docs deep --prefix deep/ &&
	grep -q "^0 uploaded, 1 there already, 1 left out" out
'
test_expect_success 'a folder: only what is not there is sent, dot files and links are not' '
	: >requests.log && ai item upload docs folder --prefix f/ --wait &&
	grep -q "^3 uploaded, 0 there already, 0 left out" out && grep -q " indexed, 0 with errors" out &&
	test $(posts) = 3 && keys | grep -c "^f/" | grep -qx 3 &&
	: >requests.log && ai item upload docs folder --prefix f/ --json && test $(posts) = 0 &&
	jq -e ".uploaded == 0 and .there_already == 3 and .failed == 0" out
'

test_expect_success 'a changed file is left out and told, exit 4; --replace sends it alone' '
	printf "Start HERE.\n" >folder/start.md && : >requests.log &&
	expect_exit 4 ai item upload docs folder --prefix f/ && says "start.md: .*other content" &&
	grep -q "^0 uploaded, 2 there already, 1 left out" out && test $(posts) = 0 &&
	ai item upload docs folder --prefix f/ --replace --wait && test $(posts) = 1 &&
	ai item download docs f/start.md -o - && cmp out folder/start.md
'

test_expect_success 'what the API would refuse is told, the rest is uploaded' '
	mkdir bad && : >bad/empty.md && head -c 4194305 /dev/zero | tr "\0" a >bad/big.md && echo x >bad/good.md &&
	printf "a\000b" >bad/binary.md && echo x >"bad/a\"b.md" &&
	expect_exit 4 ai item upload docs bad --json && jq -e ".uploaded == 1 and .failed == 4 and
		([.failures[].file] | sort) == [\"a\\\"b.md\", \"big.md\", \"binary.md\", \"empty.md\"]" out &&
	says "empty.md: it is empty" && says "big.md: it is larger" && says "binary.md: .*7060" &&
	expect_exit 1 ai item upload docs bad/empty.md && says "empty" &&
	expect_exit 1 ai item upload docs bad/big.md && says "larger than" &&
	expect_exit 4 ai item upload docs bad/empty.md folder/guides/one.md &&
	expect_exit 1 ai item upload docs bad/empty.md bad/big.md && says "nothing was uploaded" &&
	expect_exit 1 ai item upload docs nowhere.md && says "nowhere.md" && rm -r bad
'

test_expect_success 'a large folder goes four at a time, with progress on stderr; no row is lost' '
	make_corpus many 250 && : >requests.log && ai item upload docs many --prefix many/ &&
	grep -q "^250 uploaded" out && says "100% 250/250" && test $(wc -l <err) -le 14 && test $(posts) = 250 &&
	ai item list docs --search many/ --json && test "$(jq length out)" = 250 &&
	test "$(jq -r ".[].key" out | sort -u | wc -l)" = 250
'

# starts FILE: the column that each status begins in
starts () {
	grep completed "$1" | sed "s/completed.*//" >fronts && widths fronts | sort -u
}
test_expect_terminal 'list: on a terminal each part is as wide as the first, and no wider than that' '
	mkdir wide && for n in 1 2 3; do
		echo "$n" >"wide/日本語の名前はとても長いので短くされるはずです-$n.md" || return 1
	done &&
	ai item upload docs wide --prefix aa/ --wait && ai item upload docs wide --prefix many/ --wait &&
	ai item list docs && cp out piped && test $(wc -l <piped) -gt 201 && ! grep "…" piped &&
	test "$(grep -c "日本語の名前はとても長いので短くされるはずです-[123].md\$" piped)" = 6 &&
	for columns in 100 60 40; do
		on_terminal $columns "aisearch item list docs" >shown &&
		test $(wc -l <shown) = $(wc -l <piped) && widths shown | sort -n | tail -n 1 >widest &&
		test "$(cat widest)" -le $columns && test "$(starts shown | wc -l)" = 1 &&
		test "$(grep -c "日本[^ ]*… *\$" shown)" = 6 || { cat shown widest; return 1; }
	done &&
	test "$(head -n 1 shown)" = "STATUS     KEY"
'
test_expect_terminal 'list: numbers are there while there is room, and a very narrow terminal has the key alone' '
	on_terminal 200 "aisearch item list docs" >shown && diff shown piped &&
	on_terminal 12 "aisearch item list docs" >shown && test $(wc -l <shown) = $(wc -l <piped) &&
	test "$(head -n 1 shown)" = KEY && test "$(widths shown | sort -n | tail -n 1)" -le 12 &&
	rm -r wide
'

test_expect_success 'logs and chunks of a file, as lines and as the API has them' '
	ai item upload docs folder/guides/one.md --key log.md --wait && ai item logs docs log.md &&
	grep -q "INDEX" out && ai item logs docs log.md --json && jq -e ".[0].action and .[0].fileKey == \"log.md\"" out &&
	ai item chunks docs log.md && grep -q "^--- .*bytes 0 to 21" out && grep -qx "Line two." out &&
	ai item chunks docs log.md --json && jq -e "length == 1 and (.[0].text | contains(\"Guide one.\"))" out
'

test_expect_success 'chunks: pages are walked to their end, --limit ends them' '
	awk "BEGIN { for (i = 0; i < 9000; i++) print \"line \" i \" of a long text\" }" >long.txt &&
	ai item upload docs long.txt --wait && ai item chunks docs long.txt --json &&
	n=$(jq length out) && test "$n" -gt 200 && test "$(jq "[.[].id] | unique | length" out)" = "$n" &&
	ai item chunks docs long.txt --limit 130 --json && test "$(jq length out)" = 130
'

test_expect_success 'foreign text cannot move the cursor, and its lines stay lines' '
	printf "red \033[31m text\nsecond \302\233 line\n" >esc.md && ai item upload docs esc.md --wait &&
	ai item chunks docs esc.md && ! grep -q "$(printf "\033")" out && grep -qF "red \\x1b[31m text" out &&
	grep -q "^second " out && ! LC_ALL=C grep -q "$(printf "\302\233")" out
'

test_expect_success 'download: atomically, never over a file unless --force, or to stdout' '
	mkdir dl && (cd dl && ai item download docs guides/first.md && grep -q "wrote first.md, 21 bytes" out &&
	cmp first.md ../folder/guides/one.md && test "$(stat -c %a first.md)" = 600 &&
	echo mine >first.md && expect_exit 1 ai item download docs guides/first.md && says "there already" &&
	says "hint: .*--force" && grep -qx mine first.md &&
	ai item download docs guides/first.md --force --json && jq -e ".bytes == 21 and .file == \"first.md\"" out &&
	cmp first.md ../folder/guides/one.md && ai item download docs guides/first.md -o other/x && false ||
	says "cannot write beside" && ls | sort | tr "\n" " " | grep -qx "err everything first.md out ")
'

test_expect_success 'download: not over what is no file, also with --force' '
	mkfifo pipe && ln -s /dev/null nothing && mkdir folder.d &&
	for odd in pipe folder.d; do
		expect_exit 2 ai item download docs guides/first.md --force -o $odd && says "is there and is no file" || return 1
	done && test -p pipe && ai item download docs guides/first.md --force -o nothing && test ! -L nothing &&
	cmp nothing folder/guides/one.md
'

test_expect_success 'download: what breaks off leaves nothing behind' '
	fresh --fault "GET *download truncate" && ai item upload docs long.txt --wait && rm -rf dl && mkdir dl &&
	(cd dl && expect_exit 1 ai item download docs long.txt && says "cut off" &&
	! ls | grep long && echo mine >long.txt && expect_exit 1 ai item download docs long.txt --force &&
	grep -qx mine long.txt && ! ls | grep "long.txt\\..") &&
	: >requests.log && expect_exit 1 ai item download docs long.txt -o - &&
	test $(grep -c " GET .*download" requests.log) = 1
'

test_expect_success 'download: a full disk is told' '
	test ! -e /dev/full || (expect_exit 1 sh -c "aisearch item list docs --json >/dev/full 2>err" && says "cannot write")
'

test_expect_terminal 'download: not to a terminal' '
	script -qec "aisearch item download docs long.txt -o -" typescript >/dev/null </dev/null;
	grep -q "not sent to a terminal" typescript && ! grep -q "of a long text" typescript
'

test_expect_success 'delete asks, and takes all or none that it cannot find' '
	fresh && ai item upload docs folder --wait && expect_exit 2 ai item delete docs start.md && says "add --yes" &&
	expect_exit 1 ai item delete docs start.md nothing.md --yes && keys | grep -qx start.md &&
	expect_exit 2 ai item delete docs start.md start.md --yes && says "named twice" && keys | grep -qx start.md &&
	ai item delete docs start.md guides/one.md -y --json &&
	jq -e "length == 2 and .[0].deleted == \"start.md\" and .[1].deleted == \"guides/one.md\"" out &&
	test "$(keys)" = guides/deep/x.md && ai item delete docs guides/deep/x.md --force && test -z "$(keys)"
'

test_expect_terminal 'delete: the question on a terminal; anything but yes is no' '
	ai item upload docs folder/start.md --wait && echo n >answer &&
	script -qec "aisearch item delete docs start.md" typescript >/dev/null <answer;
	grep -q "Delete start.md from docs?" typescript && grep -q "not deleted" typescript &&
	keys | grep -qx start.md && echo yes >answer &&
	script -qec "aisearch item delete docs start.md" typescript >/dev/null <answer;
	test -z "$(keys)"
'

test_expect_success 'sync indexes again' '
	ai item upload docs folder/start.md --wait && ai item sync docs start.md && grep -q "^queued start.md" out &&
	ai item sync docs start.md --json && jq -e ".[0].key == \"start.md\"" out &&
	until_true 20 sh -c "aisearch item logs docs start.md --json | jq -e \"length >= 2\""
'

test_expect_success 'of a bucket: listed, but neither uploaded, deleted nor downloaded' '
	fresh --bucket source=bucket && ai provision --type r2 --source source r2docs && ai item list r2docs --json &&
	test "$(jq length out)" = 5 && key=$(jq -r ".[0].key" out) &&
	expect_exit 1 ai item upload r2docs folder/start.md && says 7053 &&
	expect_exit 1 ai item upload r2docs folder && says 7053 &&
	expect_exit 1 ai item delete r2docs "$key" --yes && says "at its source" &&
	expect_exit 1 ai item download r2docs "$key" -o - && says "from its source"
'

test_expect_success 'an interrupted upload goes on where it was; nothing is sent twice' '
	make_corpus tree 120 && fresh --latency 15 && : >requests.log &&
	spawn aisearch item upload docs tree && pid=$SPAWNED &&
	until_true 30 sh -c "test \$(grep -c \" POST .*/items \" requests.log) -ge 20" && kill -TERM $pid; wait $pid;
	sent=$(posts) && test "$sent" -lt 120 && ai item upload docs tree --json &&
	jq -e ".failed == 0 and .uploaded + .there_already == 120 and .there_already >= 15" out &&
	test $(keys | wc -l) = 120
'

test_expect_success 'answers that are lost on the way: each file is there once, the run is green' '
	fresh --fault "POST *items drop*6" && ai item upload docs tree --json &&
	jq -e ".uploaded == 120 and .failed == 0" out && test $(keys | wc -l) = 120 &&
	test "$(keys | sort -u | wc -l)" = 120
'

test_expect_success 'a rate limit is waited for' '
	fresh --fault "POST *items status=429*3" && ai item upload docs folder && grep -q "^3 uploaded" out
'

test_expect_success 'the rate limit is not overstepped: it pauses, says so, and all is there in the end' '
	fresh --rate-limit 70/3 && ai item upload docs tree && grep -q "^120 uploaded, 0 there already, 0 left out" out &&
	says "waiting [1-4] s" && ! grep " 429 " requests.log &&
	fresh --rate-limit 70/30 && expect_exit 3 ai item upload docs tree --timeout 2 && says "time limit"
'

test_expect_success 'a dead network or a refused token stops it, with the way to go on' '
	fresh --fault "POST *items status=401" && expect_exit 1 ai item upload docs tree && says "HTTP 401" &&
	says "stopped after" &&
	fresh --fault "POST *items status=500" && expect_exit 1 ai item upload docs folder/start.md && says "HTTP 500"
'

test_expect_success 'a checksum that is not MD5: one is fetched and compared, then the sizes decide' '
	fresh --state state.db && ai item upload docs folder --wait && stop_process $EMULATOR_PID &&
	sqlite3 state.db "UPDATE item SET checksum=\"00000000000000000000000000000000\"" &&
	cp -r data keep && start_emulator --state state.db && CLOUDFLARE_API_BASE_URL=$API &&
	ai login <creator.token && ai login --role manager <manager.token &&
	: >requests.log && ai item upload docs folder --json && jq -e ".there_already == 3" out &&
	test $(grep -c " GET .*/download" requests.log) = 1 && test $(posts) = 0
'

test_expect_success '--timeout: exit 3 while it still indexes' '
	fresh --pace 1 && expect_exit 3 ai item upload docs tree --wait --timeout 2 &&
	says "hint: .*aisearch status --wait docs"
'

test_expect_success 'wrong usage: exit 2, nothing sent' '
	: >requests.log && expect_exit 2 ai item && expect_exit 2 ai item frob && says "list, get, upload" &&
	expect_exit 2 ai item list && expect_exit 2 ai item list Docs && says "not an instance id" &&
	expect_exit 2 ai item list docs --status broken && says "queued|running" &&
	expect_exit 2 ai item list docs --per-page 101 && says "from 1 to 100" &&
	expect_exit 2 ai item list docs --metadata-filter "{" &&
	expect_exit 2 ai item upload docs && expect_exit 2 ai item upload docs folder --key x && says "single file" &&
	expect_exit 2 ai item upload docs folder/start.md --metadata "[1]" && says "not a JSON object" &&
	expect_exit 2 ai item upload docs folder/start.md --metadata "{" &&
	expect_exit 2 ai item upload docs folder/start.md --key "$(printf "a\nb")" && says "control character" &&
	expect_exit 2 ai item download docs x --json -o - && says "stdout" && test ! -s requests.log
'

test_expect_success 'no secret in anything that was printed' '
	keeps_secret everything
'

test_done
