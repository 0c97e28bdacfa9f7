/* SPDX-License-Identifier: MIT */
/* cmd_mint.c -- mint by profile; git-credential-aisearch --mint runs it. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "command.h"
#include "input.h"
#include "mint.h"
#include "output.h"
#include "profile_file.h"

#define REQUEST_MAX 65536

static int take_line(char *line, struct vault_id *request, struct err *err)
{
	char *value = strchr(line, '=');

	if (!value)
		return err_set(err, ERR_INPUT, "a line of the request has no '='");
	*value++ = '\0';
	if (!strcmp(line, "protocol"))
		request->protocol = value;
	else if (!strcmp(line, "host"))
		request->host = value;
	else if (!strcmp(line, "path"))
		request->path = value;
	else if (!strcmp(line, "username"))
		request->username = value;
	return 0;
}

/* git's lines on stdin; the fields live in text. */
static int read_request(struct buf *text, struct vault_id *request, struct err *err)
{
	scoped_secret struct secret *input = NULL;

	if (input_secret(REQUEST_MAX, false, &input, err) < 0)
		return err_context(err, "the request");
	if (memchr(secret_bytes(input), '\0', secret_len(input)) ||
	    memchr(secret_bytes(input), '\r', secret_len(input)))
		return err_set(err, ERR_INPUT, "the request contains a NUL byte or a carriage return");
	if (buf_add(text, secret_bytes(input), secret_len(input)) < 0)
		return err_nomem(err);
	for (char *line = text->data, *end; *line && *line != '\n'; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		if (take_line(line, request, err) < 0)
			return -1;
	}
	if (!request->protocol || !request->host)
		return err_set(err, ERR_INPUT, "the request names no protocol or no host");
	return 0;
}

static int report(const struct cli *cli, const struct profile *p, enum mint_how how,
		  const struct ondemand_token *token, struct err *err)
{
	const struct instant expires = { .known = token->expires_at > 0,
					 .unix_s = token->expires_at };
	char until[RFC3339_SIZE] = "for ever";

	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();
		json_put_text(o, "profile", p->name);
		json_put_text(o, "token_id", token->id[0] ? token->id : NULL);
		json_put_text(o, "name", token->name[0] ? token->name : NULL);
		json_put_instant(o, "expires_on", expires);
		json_put_text(o, "host", p->host);
		json_put_text(o, "username", p->username);
		json_object_object_add(o, "minted", json_object_new_boolean(how == MINT_DONE));
		json_object_object_add(o, "found", json_object_new_boolean(token->found));
		return output_json(o, err);
	}
	if (how == MINT_LEFT)
		return 0;
	if (expires.known)
		rfc3339_format(expires.unix_s, until);
	output_line("%s token %s '%s' for %s at %s, valid until %s",
		    token->found ? "found, and gave a new value to," : how == MINT_DONE ? "minted" : "there is",
		    token->id[0] ? token->id : "(id unknown)", token->name, p->username, p->host, until);
	return 0;
}

static int mint(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_profile struct profile profile = { 0 };
	scoped_buf struct buf text = BUF(REQUEST_MAX);
	struct vault_id request = { 0 };
	struct ondemand_token token;
	enum mint_how how;

	(void)n;
	if (profile_file_find(cli, args[0], &profile, err) < 0)
		return -1;
	if (cli->s.request) {
		if (read_request(&text, &request, err) < 0)
			return -1;
		if (!profile_answers(&profile, &request))
			return EXIT_DONE;	/* not for this one: nothing is to be said */
	}
	if (mint_use_profile(cli, &profile, err) < 0 ||
	    mint_ensure(cli, &profile, cli->s.renew, cli->s.ahead, &how, &token, err) < 0 ||
	    report(cli, &profile, how, &token, err) < 0)
		return -1;
	return EXIT_DONE;
}

static const struct option mint_options[] = {
	{ "renew", 0, OPTION_FLAG, NULL, "mint even if the vault's token is fresh", OPTION_TO(renew), 0,
	  0 },
	{ "ahead", 0, OPTION_FLAG, NULL, "leave it when another run is at it, or failed a moment ago",
	  OPTION_TO(ahead), 0, 0 },
	{ "request", 0, OPTION_FLAG, NULL, "only if the profile answers git's request on stdin",
	  OPTION_TO(request), 0, 0 },
	{ 0 },
};

const struct command cmd_token_mint = {
	.name = "token mint",
	.args = "PROFILE",
	.summary = "see to it that the vault has a token by a profile",
	.details = "Nothing is minted while less than half of the life of the one in the vault is\n"
		   "over, unless with --renew.  Needs a creator token in the vault.  The token's name is in\n"
		   "the vault before it is asked for: after an answer that was lost, the next run finds it\n"
		   "by that, gives it a new value and says so.  With --json an object with profile,\n"
		   "token_id, name, expires_on, host, username, minted and found.\n\n"
		   "The two other options are those that git-credential-aisearch gives.  The request\n"
		   "is lines of protocol=, host=, path= and username=; and with --ahead a failure less\n"
		   "than a minute old counts, too.",
	.options = mint_options,
	.min_args = 1,
	.max_args = 1,
	.hushed = true,
	.run = mint,
};
