#!/bin/sh
# SPDX-License-Identifier: MIT
test_description='credential_process: keys for R2, told to the AWS CLI and to an S3 server that checks signatures'
. "${0%/*}/lib.sh"

DB=$XDG_DATA_HOME/aisearch/vault.db
AWS=/usr/bin/aws		# the packaged one: version 1 lacks export-credentials
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_CA_BUNDLE
AWS_CONFIG_FILE=$PWD/aws.conf AWS_SHARED_CREDENTIALS_FILE=$PWD/none
AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
export AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_EC2_METADATA_DISABLED AWS_PAGER

# keys OPTION...: what the SDK would start; --host is the emulator's
keys () {
	git-credential-aisearch aws --account "$ACCOUNT" --host "$HOSTPORT" "$@" >answer 2>message
	status=$?
	cat message >>transcript
	return $status
}

# refused CODE TEXT OPTION...
refused () {
	wanted_code=$1 text=$2
	shift 2
	expect_exit "$wanted_code" keys "$@" && test ! -s answer && grep -q -e "$text" message && return
	cat answer message
	return 1
}

# expire USER SECONDS: the stored token of this user ends then, from now
expire () {
	printf "%s\n" protocol=https host="$HOSTPORT" path="accounts/$ACCOUNT" username="$1" \
		"password=$(cat "$1.token")" password_expiry_utc=$(($(date +%s) + $2)) |
		git-credential-aisearch store
}

# jwt PART: of the session token in answer, decoded
jwt () {
	part=$(jq -r .SessionToken answer | base64 -d | sed 's/^jwt\///' | cut -d. -f"$1" | tr -- -_ +/)
	while [ $((${#part} % 4)) != 0 ]; do part=$part=; done
	printf %s "$part" | base64 -d
}

: >transcript
start_emulator || exit 1
CLOUDFLARE_API_BASE_URL=$API CLOUDFLARE_ACCOUNT_ID=$ACCOUNT
export CLOUDFLARE_API_BASE_URL CLOUDFLARE_ACCOUNT_ID

test_expect_success 'without a vault or a token: what to do is said' '
	refused 1 "no vault" &&
	ai login <creator.token && ID=$(sed "s/.*token \([0-9a-f]*\) (.*/\1/" out) &&
	test ${#ID} = 32 &&
	refused 1 "no credential" --username manager
'

test_expect_success 'key id is the id of the token, secret key the SHA-256 of its value' '
	refused 1 "no credential" && keys --username creator && test ! -s message &&
	secret=$(printf %s "$CANARY" | sha256sum | cut -d" " -f1) &&
	jq -e --arg i "$ID" --arg s "$secret" \
		". == {Version:1, AccessKeyId:\$i, SecretAccessKey:\$s}" answer &&
	keys --username creator && jq -e ".AccessKeyId == \"$ID\"" answer && keeps_secret answer
'

test_expect_success 'of two tokens none is taken by chance' '
	ai login --role manager <manager.token &&
	refused 1 "2 tokens" && grep -q "hint: .*--username: creator, manager" message &&
	keys --username manager && jq -e ".AccessKeyId != \"$ID\"" answer
'

test_expect_success 'a token whose id is not known is told how to get it' '
	printf "%s\n" protocol=https host="$HOSTPORT" path="accounts/$ACCOUNT" username=by-hand \
		"password=$CANARY" | git-credential-aisearch store &&
	refused 1 "does not know the id" --username by-hand && grep -q "hint: .*aisearch login" message
'

test_expect_success 'Expiration is told from 20 minutes on; an expired token gets nothing' '
	expire creator 7200 && keys --username creator &&
	test $(($(date -d "$(jq -r .Expiration answer)" +%s) - $(date +%s))) -gt 7100 &&
	expire creator 1100 && keys --username creator && jq -e "has(\"Expiration\") | not" answer &&
	expire creator -10 && refused 1 "has expired" --username creator
'

test_expect_success 'a session: the grant of these options, and no longer than its parent' '
	expire creator 7200 &&
	keys --username creator --bucket my-bucket --scope object-read-only --ttl 3600 --prefix "da\"ta/" \
		--prefix b --jurisdiction eu &&
	jwt 2 >claims && test "$(jwt 1)" = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}" &&
	jq -e --arg a "$ACCOUNT" --arg i "$ID" ".bucket == \"my-bucket\" and .scope == \"object-read-only\"
		and .paths == {prefixPaths:[\"da\\\"ta/\",\"b\"],objectPaths:[]} and .sub == \$a
		and .iss == \$i and .aud == \$a + \".eu.r2.cloudflarestorage.com\"
		and .exp - .iat == 3600" claims &&
	test "$(jq -r .Expiration answer)" = "$(date -u -d @$(jq .exp claims) +%Y-%m-%dT%H:%M:%SZ)" &&
	test "$(jq -r .SecretAccessKey answer)" = "$(jq -r .SessionToken answer | base64 -d |
		sed "s/^jwt\///" | tr -d "\n" | sha256sum | cut -d" " -f1)" &&
	test "$(jq -r .AccessKeyId answer)" = "$ID" &&
	expire creator 2000 &&
	keys --username creator --bucket my-bucket --scope admin-read-only --ttl 3600 && jwt 2 >claims &&
	jq -e ".exp - .iat <= 2000 and .exp - .iat > 1900 and (has(\"paths\") | not)" claims &&
	expire creator 1000 &&
	refused 1 "less than 20 minutes" --username creator --bucket my-bucket --scope admin-read-only \
		--ttl 3600
'

test_expect_success 'the signature of a session is that of the parent key' '
	secret=$(printf %s "$(cat manager.token)" | sha256sum | cut -d" " -f1) &&
	keys --username manager --bucket my-bucket --scope object-read-write --ttl 1200 &&
	jq -r .SessionToken answer | base64 -d | sed "s/^jwt\///" >whole &&
	cut -d. -f1,2 whole | tr -d "\n" | openssl dgst -sha256 -hmac "$secret" -binary | base64 |
		tr +/ -_ | tr -d "=\n" >mine &&
	cut -d. -f3 whole | tr -d "\n" | cmp - mine
'

test_expect_success 'options that say too little, too much, or nonsense: exit 2' '
	for options in "--bucket b1b" "--bucket b1b --scope object-read-only" "--ttl 3600" "--prefix x" \
		       "--jurisdiction eu" "--bucket b1b --ttl 3600" "--nope" "--username" "word" \
		       "--bucket b1b --scope object-read-only --ttl 1199" \
		       "--bucket b1b --scope object-read-only --ttl 604801" \
		       "--bucket b1b --scope object-read-only --ttl 1h" \
		       "--bucket b1b --scope object-read-only --ttl -5" \
		       "--username manager --bucket b --scope object-read-only --ttl 3600" \
		       "--username manager --bucket b1b --scope all --ttl 3600" \
		       "--username manager --bucket b1b --scope object-read-only --ttl 3600 --jurisdiction x" \
		       "--account 1" "--account $ACCOUNT/x"; do
		refused 2 "^git-credential-aisearch: " $options || return 1
	done &&
	refused 2 "--prefix is empty" --bucket b1b --scope object-read-only --ttl 3600 --prefix "" &&
	refused 1 "not a host" --host "a/b" &&
	expect_exit 2 git-credential-aisearch aws 2>message && grep -q "account" message &&
	git-credential-aisearch --help | grep -q "experimental"
'

# --- the AWS CLI -----------------------------------------------------------------

cat >aws.conf <<EOF
[profile r2]
region = auto
credential_process = git-credential-aisearch aws --account $ACCOUNT --host $HOSTPORT --username manager
[profile session]
region = auto
credential_process = git-credential-aisearch aws --account $ACCOUNT --host $HOSTPORT --username manager --bucket my-bucket --scope object-read-only --ttl 3600
[profile wrong]
region = auto
credential_process = git-credential-aisearch aws --account $ACCOUNT --host $HOSTPORT --username nobody
EOF

aws_cli () {
	$AWS "$@" >out 2>err
	status=$?
	cat out err >>everything
	return $status
}

if [ -x $AWS ] && $AWS --version 2>/dev/null | grep -q '^aws-cli/2'; then
	spawn perl "$TESTS/standin/standin.pl" s3 "$PWD/s3.port" "$PWD/s3.log" "$PWD/secrets" 2>s3.err
	until_true 20 test -s s3.port || cat s3.err
	S3=http://127.0.0.1:$(cat s3.port)

	test_expect_success 'aws configure export-credentials reads them' '
		aws_cli configure export-credentials --profile r2 && keys --username manager &&
		jq -e --slurpfile a answer ".AccessKeyId == \$a[0].AccessKeyId and
			.SecretAccessKey == \$a[0].SecretAccessKey" out &&
		aws_cli configure export-credentials --profile session &&
		jq -e "has(\"SessionToken\") and has(\"Expiration\")" out
	'
	test_expect_success 'a request signed with them is accepted, and one of another token is not' '
		keys --username manager &&
		(umask 077 && jq -r "\"\\(.AccessKeyId) \\(.SecretAccessKey)\"" answer >secrets) &&
		aws_cli --profile r2 --endpoint-url "$S3" s3api list-objects-v2 --bucket b --prefix "a b/" &&
		jq -e ".Contents[0].Key == \"hello.txt\"" out && grep -q "^welcome GET /b" s3.log &&
		(umask 077 && sed "s/.$/x/" secrets >other && mv other secrets) &&
		! aws_cli --profile r2 --endpoint-url "$S3" s3api list-objects-v2 --bucket b &&
		grep -q "^wrong-signature" s3.log
	'
	test_expect_success 'a session sends its token along' '
		aws_cli configure export-credentials --profile session --format process &&
		: >s3.log && (umask 077 && echo "$(jq -r .AccessKeyId out) x x" >secrets) &&
		! aws_cli --profile session --endpoint-url "$S3" s3api list-objects-v2 --bucket b &&
		grep -q "^wrong-token" s3.log
	'
	test_expect_success 'why there are none is shown by the CLI' '
		! aws_cli --profile wrong --endpoint-url "$S3" s3api list-objects-v2 --bucket b &&
		grep -q "no credential for" err
	'
	test_expect_success 'what the CLI printed holds no token' '
		keeps_secret everything
	'
else
	for name in 'aws configure export-credentials reads them' \
		    'a request signed with them is accepted, and one of another token is not' \
		    'a session sends its token along' 'why there are none is shown by the CLI' \
		    'what the CLI printed holds no token'; do
		test_skip "$name" 'needs awscli 2'
	done
fi

if [ "$VARIANT" = release ] && command -v valgrind >/dev/null &&
   [ -x "$OUT/dynamic/git-credential-aisearch" ]; then
	test_expect_success 'valgrind finds nothing' '
		check () {
			valgrind -q --error-exitcode=9 --leak-check=full "$OUT/dynamic/git-credential-aisearch" \
				aws --account "$ACCOUNT" --host "$HOSTPORT" "$@"
		}
		check --username manager && check --username manager --bucket my-bucket \
			--scope object-read-only --ttl 3600 --prefix x &&
		expect_exit 1 check && expect_exit 2 check --bucket x
	'
else
	test_skip 'valgrind finds nothing' 'for the release variant, with valgrind'
fi

test_expect_success 'the token shows in no message, no answer and no vault' '
	test -s transcript && keeps_secret transcript answer message "$DB"
'

test_done
