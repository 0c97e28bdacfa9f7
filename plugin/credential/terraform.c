/* SPDX-License-Identifier: MIT */
/*
 * The credentials helper protocol of Terraform and OpenTofu.  A host's token is a bearer under
 * the user name TERRAFORM_USER, so that what git stored for the host is left alone.
 */
#include <string.h>

#include "entry.h"
#include "request.h"

#define TERRAFORM_USER "terraform"

static struct vault_id query(const char *host)
{
	return (struct vault_id){ "https", host, vault_no_path, TERRAFORM_USER };
}

static int get(const struct door *door, const char *host, struct err *err)
{
	const struct vault_id id = query(host);
	scoped_entry struct entry e = { 0 };
	scoped_buf struct buf answer = BUF(ENTRY_ANSWER_MAX);

	if (server_check_host(host, err) < 0)
		return -1;
	if (entry_find(door, &id, VAULT_WANT_BEARER, &e, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		if (!e.vault)
			door_no_vault(door, err);
		buf_adds(&answer, "{}\n");
		return door_answer(door, &answer, err);
	}
	if (entry_add_secret(&answer, "{\"token\":",
			     e.item->bearer ? e.item->bearer : e.item->secret, err) < 0)
		return -1;
	buf_adds(&answer, "}\n");
	return entry_answer(door, &e, &answer, err);
}

static int read_token(int fd, const char *host, struct secret **out, struct err *err)
{
	scoped_buf struct buf in = BUF(REQUEST_MAX);
	const struct request_member members[] = { { .name = "token", .secret = out } };

	/*
	 * reading comes first: the client waits until its object was read, also when it
	 * is refused
	 */
	if (request_read(fd, &in, err) < 0 || server_check_host(host, err) < 0 ||
	    request_decode(&in, members, 1, REQUEST_NO_OTHERS, err) < 0)
		return -1;
	return *out ? 0 : err_set(err, ERR_INPUT, "the request has no 'token'");
}

static int store(const struct door *door, const char *host, struct err *err)
{
	const struct vault_id id = { "https", host, NULL, TERRAFORM_USER };
	const struct vault_meta meta = { .origin = "terraform" };
	scoped_secret struct secret *token = NULL;
	scoped_vault struct vault *vault = NULL;

	if (read_token(door->in, host, &token, err) < 0)
		return -1;
	const struct vault_value value = { .bearer = token, .authtype = "Bearer" };
	if (door_open(door, false, &vault, err) < 0)
		return -1;
	return door_put(door, vault, &id, &value, &meta, err);
}

static int forget(const struct door *door, const char *host, struct err *err)
{
	const struct vault_id id = query(host);

	if (server_check_host(host, err) < 0)
		return -1;
	return entry_reject(door, &id, err);
}

static int run(const struct door *door, int count, char **words, struct err *err)
{
	if (door_no_mint(door, err) < 0)
		return -1;
	if (count == 2 && !strcmp(words[0], "get"))
		return get(door, words[1], err);
	if (count == 2 && !strcmp(words[0], "store"))
		return store(door, words[1], err) < 0 ? err_context(err, "not stored") : 0;
	if (count == 2 && !strcmp(words[0], "forget"))
		return forget(door, words[1], err) < 0 ? err_context(err, "not forgotten") : 0;
	return err_set(err, ERR_USAGE, "a verb and a host are needed: get, store or forget HOST");
}

const struct protocol protocol_terraform = {
	.name = "terraform",
	.program = "terraform-credentials-aisearch",
	.words = "get|store|forget HOST\n",
	.run = run,
};
