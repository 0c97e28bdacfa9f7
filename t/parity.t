#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='parity: all that the official tools have is here, by name, and told by a story'
. "${0%/*}/lib.sh"

# What theirs is called | what it is here.  wrangler: `wrangler ai-search ...`;
# terraform: resources and data sources of cloudflare/cloudflare.
cat >parity <<'EOF'
wrangler list|instance list
wrangler create|instance create
wrangler get|instance get
wrangler update|instance update
wrangler delete|instance delete
wrangler stats|status
wrangler search|search
wrangler jobs create|job create
wrangler jobs list|job list
wrangler jobs get|job get
wrangler jobs cancel|job cancel
wrangler jobs logs|job logs
wrangler namespace create|namespace create
wrangler namespace delete|namespace delete
wrangler namespace get|namespace get
wrangler namespace list|namespace list
wrangler namespace update|namespace update
wrangler login|login
wrangler logout|logout
wrangler whoami|whoami
terraform cloudflare_ai_search_instance|apply
terraform data cloudflare_ai_search_instance|instance get
terraform data cloudflare_ai_search_instances|instance list
terraform cloudflare_ai_search_token|token register
terraform data cloudflare_ai_search_token|token show
terraform data cloudflare_ai_search_tokens|token list
terraform cloudflare_ai_search_namespace|apply
terraform plan -detailed-exitcode|plan
terraform import|export
EOF

# What neither of them has.
cat >beyond <<'EOF'
provision
token create
token verify
token rotate
token revoke
token print
instance pause
instance resume
item list
item get
item upload
item delete
item sync
item logs
item chunks
item download
chat
doctor
config check
completion
help
version
vault list
vault show
vault restore
vault erase
vault check
vault export
vault import
vault unlock
vault lock
vault passphrase
vault rekey
EOF

aisearch help | sed -n '/^Commands/,/^$/s/^  \([a-z]* \{0,1\}[a-z]*\)  .*/\1/p' | sed 's/ *$//' >names

test_expect_success 'this test has seen the list of commands' '
	test $(wc -l <names) -gt 25 && grep -qx "vault list" names
'

while IFS='|' read -r theirs ours; do
	test_expect_success "$theirs: aisearch $ours" '
		grep -qx "$ours" names && aisearch help $ours | grep -q "^usage: aisearch $ours"
	'
done <parity

while read -r ours; do
	test_expect_success "beyond them: aisearch $ours" 'grep -qx "$ours" names'
done <beyond

# A story runs it by `ai NAME` or `aisearch NAME`, with options between perhaps.
test_expect_success 'each of them is told by a story' '
	{ cut -d"|" -f 2 parity; cat beyond; } | sort -u | while read -r ours; do
		grep -lE "(^|[^-a-z])(ai|aisearch|AI|doctor|account_conf)( -[-a-z]+( [^ ]+)?)* $ours\b" "$TESTS"/*.t |
			grep -v "/parity.t" >stories
		test -s stories || echo "no story: $ours"
	done >without
	test ! -s without || { cat without; false; }
'

test_done
