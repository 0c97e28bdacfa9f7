/* SPDX-License-Identifier: MIT */
/*
 * The credential helper protocol of Bazel and EngFlow: {"uri":"..."} -> headers of an HTTP
 * request.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "entry.h"
#include "request.h"

static int read_uri(const struct door *door, struct server *out, struct err *err)
{
	scoped_buf struct buf in = BUF(REQUEST_MAX);
	scoped_free char *uri = NULL;
	const struct request_member members[] = { { .name = "uri", .text = &uri } };

	if (request_read(door->in, &in, err) < 0 || request_decode(&in, members, 1, 0, err) < 0)
		return -1;
	if (!uri)
		return err_set(err, ERR_INPUT, "the request has no 'uri'");
	return server_parse(uri, strlen(uri), SERVER_SAFE, out, err);
}

static bool has_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return true;
	return false;
}

static int add_basic(const struct vault_item *item, struct buf *header, struct err *err)
{
	scoped_buf struct buf pair = BUF(SECRET_MAX + VAULT_FIELD_MAX + 1);
	scoped_secret struct secret *coded = NULL;
	unsigned char *bytes = NULL;

	if (item->username && strchr(item->username, ':')) {
		err_set(err, ERR_STORAGE, "the stored user name has a colon, which HTTP's Basic"
			" scheme cannot carry");
		return err_hint(err, "store a bearer instead");
	}
	buf_adds(&pair, item->username ? item->username : "");
	buf_adds(&pair, ":");
	buf_add(&pair, secret_bytes(item->secret), secret_len(item->secret));
	if (pair.failed)
		return err_nomem(err);
	size_t size = sodium_base64_encoded_len(pair.len, sodium_base64_VARIANT_ORIGINAL);
	if (secret_alloc(size, &coded, &bytes, err) < 0)
		return -1;
	sodium_bin2base64((char *)bytes, size, (unsigned char *)pair.data, pair.len,
			  sodium_base64_VARIANT_ORIGINAL);
	buf_adds(header, "Basic ");
	return buf_adds(header, secret_bytes(coded)) < 0 ? err_nomem(err) : 0;
}

static int add_header(const struct vault_item *item, struct buf *header, struct err *err)
{
	if (!item->bearer)
		return add_basic(item, header, err);
	if (has_control(item->authtype, strlen(item->authtype)) ||
	    has_control(secret_bytes(item->bearer), secret_len(item->bearer)))
		return err_set(err, ERR_STORAGE, "the stored bearer contains a control character");
	buf_adds(header, item->authtype);
	buf_adds(header, " ");
	return buf_add(header, secret_bytes(item->bearer), secret_len(item->bearer)) < 0 ?
	       err_nomem(err) : 0;
}

static int get(const struct door *door, struct err *err)
{
	scoped_server struct server server = { 0 };
	scoped_entry struct entry e = { 0 };
	scoped_buf struct buf header = BUF(ENTRY_ANSWER_MAX);
	scoped_buf struct buf answer = BUF(ENTRY_ANSWER_MAX);

	if (read_uri(door, &server, err) < 0 ||
	    entry_find_server(door, &server, NULL, VAULT_WANT_BEARER, &e, err) < 0 ||
	    add_header(e.item, &header, err) < 0 ||
	    entry_add(&answer, "{\"headers\":{\"Authorization\":[", header.data, header.len,
		      err) < 0)
		return -1;
	buf_adds(&answer, "]}");
	if (entry_add_time(&answer, ",\"expires\":", e.item->expires_at, err) < 0)
		return -1;
	buf_adds(&answer, "}\n");
	return entry_answer(door, &e, &answer, err);
}

static int run(const struct door *door, int count, char **words, struct err *err)
{
	if (door_no_mint(door, err) < 0)
		return -1;
	if (count > 0 && !strcmp(words[0], "get"))	/* words after it are for later versions */
		return get(door, err);
	err_set(err, ERR_USAGE, count > 0 ? "there is no such command" : "a command is needed");
	return err_hint(err, "the only one is get");
}

const struct protocol protocol_bazel = {
	.name = "bazel",
	.program = "bazel-credential-aisearch",
	.words = "get\n",
	.run = run,
};
