#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='aisearch chat and search: the answer, the stream, the sources, several instances'
. "${0%/*}/lib.sh"
export CLOUDFLARE_ACCOUNT_ID=$ACCOUNT

EMULATOR_PID=
fresh () {
	[ -z "$EMULATOR_PID" ] || stop_process "$EMULATOR_PID"
	rm -rf data requests.log
	start_emulator "$@" || return 1
	CLOUDFLARE_API_BASE_URL=$API
	export CLOUDFLARE_API_BASE_URL
	ai login <creator.token && ai login --role manager <manager.token && ai provision docs && ai provision blog &&
	ai item upload docs pages --wait && ai item upload blog post.md --wait
}

test_expect_success 'setup: two instances' '
	mkdir -p pages/guides && printf "Walruses live in the north.\nThey eat clams.\n" >pages/walrus.md &&
	printf "A walrus guide: look at the tusks.\n" >pages/guides/tusks.md &&
	printf "\303\204rger mit \033[31m Farbe im \346\227\245\346\234\254 Zoo.\n" >pages/zoo.md &&
	printf "Our blog saw a walrus.\n" >post.md && fresh
'

test_expect_success 'chat: the bare answer on stdout, the sources on stderr' '
	ai chat docs where do walruses live && grep -qx "They eat clams." out && says "^sources:" &&
	says "^  [01]\.[0-9]*  walrus.md" && ! grep -q sources out && cp out plain &&
	ai chat docs "where do walruses live" --no-sources && test ! -s err
'

test_expect_success 'chat --stream: the same text, piece by piece, then the sources' '
	ai chat docs where do walruses live --stream && cmp out plain && says "^  [01]\.[0-9]*  walrus.md" &&
	grep -q "POST .*/instances/docs/chat/completions 200" requests.log
'

test_expect_success 'chat --json: the whole answer, streamed or not' '
	ai chat docs where do walruses live --json && cp out whole && jq -e ".choices[0].message.content and
		.chunks[0].item.key and .model and .object == \"chat.completion\"" whole &&
	ai chat docs where do walruses live --json --stream && test ! -s err &&
	test "$(jq -c ".choices[0].message,.chunks" out)" = "$(jq -c ".choices[0].message,.chunks" whole)"
'

test_expect_success 'chat: --model, --system and the options reach the API' '
	ai chat docs walrus --model my-model --system "Be brief." --json && test "$(jq -r .model out)" = my-model &&
	ai chat docs walrus --max-num-results 1 --json && test "$(jq ".chunks | length" out)" = 1 &&
	ai chat docs walrus --filter filename=tusks.md --json && test "$(jq -c "[.chunks[].item.key]" out)" = "[\"guides/tusks.md\"]"
'

test_expect_success 'chat: what is not UTF-8 or would move the cursor is escaped, lines and letters stay' '
	ai chat docs Zoo && cp out plain && ai chat docs Zoo --stream && cmp out plain &&
	! grep -q "$(printf "\033")" out && grep -q "^$(printf "\303\204")rger mit .x1b\[31m Farbe im $(printf "\346\227\245")" out
'

test_expect_success 'chat: nothing that fits is an answer, and told' '
	ai chat docs xylophone && test -s out && says "no sources"
'

test_expect_success 'chat and search: several instances, each named; a missing one is exit 4' '
	ai chat docs walrus --also blog && says "  blog post.md" && says "  docs " &&
	ai chat docs walrus --also blog --stream && says "  blog post.md" &&
	ai search docs walrus --also blog && grep -q "  blog  post.md" out &&
	ai search docs walrus --also blog --json && jq -e "[.hits[].instance] | unique == [\"blog\",\"docs\"]" out &&
	expect_exit 4 ai search docs walrus --also nowhere && says "nowhere was not asked" && test -s out &&
	expect_exit 4 ai chat docs walrus --also nowhere --stream && says "nowhere was not asked" && test -s out &&
	expect_exit 1 ai chat nowhere walrus && says 7002
'

test_expect_success 'search: the options of the contract' '
	ai search docs walrus --json && jq -e "(.hits | length) >= 1 and .query == \"walrus\" and .search_query" out &&
	jq -e ".hits[0] | .metadata.filename and .scoring_details and .score and .id and .text" out &&
	ai search docs walrus --keyword-match-mode or walruses --json && test "$(jq ".hits | length" out)" = 2 &&
	ai search docs walrus walruses --keyword-match-mode or --max-num-results 1 --json &&
	test "$(jq ".hits | length" out)" = 1 &&
	ai search docs walrus --score-threshold 1 --json && test "$(jq ".hits | length" out)" = 1 &&
	ai search docs walrus --filter folder=guides/ --json && test "$(jq -c "[.hits[].key]" out)" = "[\"guides/tusks.md\"]" &&
	ai search docs walrus --filters "{\"folder\":\"guides/\"}" --json && test "$(jq ".hits | length" out)" = 1 &&
	ai search docs walrus --reranking on --reranking-model m --reranking-threshold 0.1 --rewrite-query off \
		--rewrite-model m --rewrite-prompt p --retrieval-type hybrid --keyword-match-mode or --fusion-method max \
		--context-expansion 2 --cache off --cache-threshold close_enough && test -s out &&
	ai search docs walrus --full && grep -q "^A walrus guide: look at the tusks.$" out
'

test_expect_success 'a stream that breaks off, lies or is no stream: what came is printed, exit 1' '
	fresh --fault "POST *chat/completions truncate*2" --fault "POST *chat/completions notjson*1" \
		--fault "POST *chat/completions big*1" --fault "POST *chat/completions html*1" \
		--fault "POST *chat/completions status=429*1" --fault "POST *chat/completions empty*1" &&
	awk "BEGIN { for (i = 0; i < 60; i++) print \"an otter, line \" i }" >otter.md && ai item upload docs otter.md --wait &&
	: >requests.log && expect_exit 1 ai chat docs otter --stream && says "cut off" && grep -q "an otter, line 1$" out &&
	! grep -q sources err && test $(grep -c completions requests.log) = 1 &&
	expect_exit 1 ai chat docs otter && says "cut off" &&
	expect_exit 1 ai chat docs otter --stream && says "before its end" &&
	expect_exit 1 ai chat docs otter --stream && says "longer than" &&
	expect_exit 1 ai chat docs otter --stream && says "HTTP 502"
'

test_expect_success 'a rate limit is waited for; an answer without an end is none' '
	: >requests.log && expect_exit 1 ai chat docs walrus --stream && says "before its end" &&
	test $(grep -c "completions 429" requests.log) = 1 && ai chat docs walrus --stream
'

test_expect_success 'a reader that went away ends the stream: no sources, exit 1' '
	test ! -e /dev/full || { fresh && expect_exit 1 sh -c "aisearch chat docs walrus --stream >/dev/full 2>err" &&
	says "cannot write" && ! grep -q sources err; }
'

test_expect_success 'an answer with HTTP 200 that says it failed: what it says' '
	fresh --fault "POST *chat/completions success-false" && expect_exit 1 ai chat docs walrus &&
	says "code [0-9]" && ! grep -q "no text" err
'

test_expect_success '--timeout: exit 3 without an answer' '
	fresh --fault "POST *chat/completions hang" && expect_exit 3 ai chat docs walrus --stream --timeout 1 &&
	expect_exit 3 ai chat docs walrus --timeout 1
'

test_expect_success 'wrong usage: exit 2, nothing sent' '
	: >requests.log && expect_exit 2 ai chat docs && expect_exit 2 ai chat docs "" && says "question is empty" &&
	expect_exit 2 ai chat Docs x && expect_exit 2 ai chat docs "$(printf "\377")" && says "not UTF-8" &&
	expect_exit 2 ai chat docs x --also Bad && says "not an instance id" &&
	expect_exit 2 ai chat docs x $(awk "BEGIN { while (i++ < 10) print \"--also a\" i }") && says "1 to 10" &&
	expect_exit 2 ai search docs x $(awk "BEGIN { while (i++ < 10) print \"--also a\" i }") && says "1 to 10" &&
	expect_exit 2 ai search docs x --max-num-results 51 && says "from 1 to 50" &&
	expect_exit 2 ai search docs x --score-threshold 1.1 && expect_exit 2 ai search docs x --filter folder &&
	says "NAME=VALUE" && expect_exit 2 ai search docs x --filters "[]" && says "not a JSON object" &&
	expect_exit 2 ai search docs x --filters "{" && expect_exit 2 ai search docs x --filter a=b --filters "{}" &&
	expect_exit 2 ai search docs x --reranking maybe && says "on|off" && test ! -s requests.log
'

test_expect_success 'no secret in anything that was printed' '
	keeps_secret everything
'

test_done
