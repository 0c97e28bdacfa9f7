/* SPDX-License-Identifier: MIT */
#include "credential.h"

#include <string.h>
#include <sys/eventfd.h>

#include "base/buf.h"
#include "base/file.h"
#include "helper.h"

#define TOKEN_MAX 4096		/* bytes, as secret_check_token() */

struct credential_source {
	const struct credential_config *config;
	struct buf request;	/* what a helper is asked */
	char *command;
	int stop_fd;
};

void credential_config_clear(struct credential_config *c)
{
	free(c->helper);
	free(c->token_file);
	free(c->username);
	secret_free(c->token);
	memset(c, 0, sizeof(*c));
}

int credential_command(const char *helper, char *out, size_t size, struct err *err)
{
	int n;

	if (helper[0] == '!')
		n = snprintf(out, size, "%s get", helper + 1);
	else if (helper[0] == '/')
		n = snprintf(out, size, "%s get", helper);
	else
		n = snprintf(out, size, "git-credential-%s get", helper);
	if (helper[0] == '\0' || (helper[0] == '!' && !helper[1]))
		return err_set(err, ERR_CONFIG, "the credential helper's name is empty");
	if (strpbrk(helper, "\r\n"))
		return err_set(err, ERR_CONFIG, "the credential helper's name has a line end in it");
	if (n < 0 || (size_t)n >= size)
		return err_set(err, ERR_CONFIG, "the credential helper's command is too long");
	return 0;
}

static int parse_line(const char *line, size_t len, struct secret **password, struct err *err)
{
	const char *equals = memchr(line, '=', len);
	size_t key;

	if (memchr(line, '\0', len) || memchr(line, '\r', len))
		return err_set(err, ERR_PROTOCOL, "the credential helper's answer has a NUL or CR in it");
	if (!equals)
		return err_set(err, ERR_PROTOCOL,
			       "a line of the credential helper's answer is not key=value");
	key = (size_t)(equals - line);
	if (key != strlen("password") || memcmp(line, "password", key) != 0)
		return 0;
	secret_free(*password);		/* the last one counts, as for git */
	*password = NULL;
	return secret_new(equals + 1, len - key - 1, password, err);
}

int credential_parse(const char *text, size_t len, struct secret **out, struct err *err)
{
	scoped_secret struct secret *password = NULL;
	size_t had = len;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		if (line == 0)
			break;
		if (parse_line(text, line, &password, err) < 0)
			return -1;
		text += line + (end != NULL);
		len -= line + (end != NULL);
	}
	if (!password || secret_len(password) == 0) {
		if (had == 0)
			err_set(err, ERR_NOT_FOUND, "the credential helper gave no answer: it has no"
				" token for this account, or it failed");
		else
			err_set(err, ERR_NOT_FOUND, "the credential helper's answer has no password");
		return err_hint(err, "is a token in the vault of the daemon's user?  what the helper"
				" complains of is on the daemon's stderr");
	}
	*out = STEAL(password);
	return 0;
}

int credential_source_new(const struct credential_config *config,
			  const struct credential_query *query, struct credential_source **out,
			  struct err *err)
{
	struct credential_source *s = calloc(1, sizeof(*s));
	char command[4096];

	if (!s)
		return err_nomem(err);
	s->config = config;
	s->request = (struct buf)BUF(4096);	/* = PIPE_BUF, see helper.c */
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (credential_command(config->helper ? config->helper : CREDENTIAL_HELPER_DEFAULT,
			       command, sizeof(command), err) < 0) {
		credential_source_free(s);
		return -1;
	}
	s->command = strdup(command);
	buf_addf(&s->request, "protocol=https\nhost=%s\npath=accounts/%s\nusername=%s\n\n",
		 query->host, query->account_id,
		 config->username ? config->username : CREDENTIAL_USERNAME_DEFAULT);
	if (!s->command || s->stop_fd < 0 || s->request.failed) {
		credential_source_free(s);
		return err_nomem(err);
	}
	*out = s;
	return 0;
}

void credential_source_free(struct credential_source *s)
{
	if (!s)
		return;
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	buf_clear(&s->request);
	free(s->command);
	free(s);
}

void credential_source_stop(struct credential_source *s)
{
	eventfd_write(s->stop_fd, 1);
}

static int from_helper(struct credential_source *s, struct secret **out, struct err *err)
{
	scoped_buf struct buf answer = BUF(CREDENTIAL_ANSWER_MAX);
	struct helper_run run = { .command = s->command, .request = s->request.data,
				  .deadline_ms = CREDENTIAL_DEADLINE_MS, .stop_fd = s->stop_fd };

	if (helper_run(&run, &answer, err) < 0)
		return -1;
	return credential_parse(answer.data, answer.len, out, err);
}

int credential_source_get(void *ctx, struct secret **out, struct err *err)
{
	struct credential_source *s = ctx;
	const struct credential_config *c = s->config;

	if (c->token)
		return secret_new(secret_bytes(c->token), secret_len(c->token), out, err);
	if (c->token_file) {
		if (file_read_secret(c->token_file, TOKEN_MAX, true, out, err) < 0)
			return err_context(err, "TokenFile");
		return 0;
	}
	return from_helper(s, out, err);
}
