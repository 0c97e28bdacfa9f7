/* SPDX-License-Identifier: MIT */
#include "credential.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "helper.h"

enum helper_state {
	HELPER_IDLE,
	HELPER_RUNNING,
	HELPER_DONE,		/* its answer has not been fetched */
};

struct credential_source {
	const struct credential_settings *settings;
	struct credential_listener listener;

	/* of the token file, as it was read; st_nlink 0 = it is to be read */
	struct stat file;
	bool was_read;
	bool missed;		/* the file was not there the last time */
	bool ill;		/* and the listener knows */

	struct buf request;	/* what a helper is asked */
	char *command;
	int stop_fd;
	bool started;		/* thread is to be joined */
	pthread_t thread;

	pthread_mutex_t lock;	/* of these */
	enum helper_state state;
	struct secret *answer;	/* NULL: why */
	struct err why;
};

static int parse_line(const char *line, size_t len, struct secret **password, struct err *err)
{
	const char *equals = memchr(line, '=', len);
	size_t key;

	if (memchr(line, '\0', len) || memchr(line, '\r', len))
		return err_set(err, ERR_PROTOCOL,
			       "the credential helper's answer has a NUL or CR in it");
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
			err_set(err, ERR_NOT_FOUND,
				"the credential helper gave no answer: it has no"
				" token for this account, or it failed");
		else
			err_set(err, ERR_NOT_FOUND,
				"the credential helper's answer has no password");
		return err_hint(err,
				"is a token in the vault of the daemon's user?  what the helper"
				" complains of is on the daemon's stderr");
	}
	*out = STEAL(password);
	return 0;
}

bool credential_complete(const char *text, size_t len, bool exited)
{
	static const char key[] = "password=";
	bool password = false, whole = len > 0 && text[len - 1] == '\n';

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		if (line == 0)
			return true;
		password |= line >= strlen(key) && memcmp(text, key, strlen(key)) == 0;
		text += line + (end != NULL);
		len -= line + (end != NULL);
	}
	return exited && password && whole;
}

int credential_source_new(const struct credential_settings *settings,
			  const struct credential_query *query,
			  const struct credential_listener *listener,
			  struct credential_source **out, struct err *err)
{
	struct credential_source *s = calloc(1, sizeof(*s));
	char command[4096];

	if (!s)
		return err_nomem(err);
	s->settings = settings;
	s->listener = *listener;
	pthread_mutex_init(&s->lock, NULL);
	s->request = (struct buf)BUF(4096);	/* = PIPE_BUF, see helper.c */
	s->stop_fd = -1;
	if (settings->token || settings->token_file) {
		*out = s;
		return 0;
	}
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (credential_command(settings->helper ? settings->helper : CREDENTIAL_HELPER_DEFAULT,
			       command, sizeof(command), err) < 0) {
		credential_source_free(s);
		return -1;
	}
	s->command = strdup(command);
	buf_addf(&s->request, "protocol=https\nhost=%s\npath=accounts/%s\nusername=%s\n\n",
		 query->host, query->account_id,
		 settings->username ? settings->username : CREDENTIAL_USERNAME_DEFAULT);
	if (!s->command || s->stop_fd < 0 || s->request.failed) {
		credential_source_free(s);
		return err_nomem(err);
	}
	*out = s;
	return 0;
}

/* "aisearch", or a path of our own helper; arguments may follow. */
static bool is_ours(const char *helper)
{
	static const char own[] = "git-credential-" CREDENTIAL_HELPER_DEFAULT;
	const char *name = helper;
	size_t len = strcspn(helper, " \t");

	if (helper[0] == '!')
		return false;
	for (size_t i = 0; i < len; i++)
		if (helper[i] == '/')
			name = helper + i + 1;
	len -= (size_t)(name - helper);
	if (name == helper)
		return len == strlen(CREDENTIAL_HELPER_DEFAULT) &&
		       memcmp(name, CREDENTIAL_HELPER_DEFAULT, len) == 0;
	return len == strlen(own) && memcmp(name, own, len) == 0;
}

const char *credential_refused_hint(const struct credential_settings *s)
{
	if (s->token)
		return "the token is wrong, revoked or expired: Token needs a new one, and collectd a"
		       " restart";
	if (s->token_file)
		return "the token is wrong, revoked or expired: put a new one into TokenFile, which is read"
		       " when it changes";
	if (!s->helper || is_ours(s->helper))
		return "the token is wrong, revoked or expired: store a new one with aisearch login, in"
		       " the vault of the daemon's user";
	return "the token is wrong, revoked or expired: store a new one where CredentialHelper looks"
	       " for it";
}

static void join(struct credential_source *s)
{
	if (s->started)
		pthread_join(s->thread, NULL);
	s->started = false;
}

void credential_source_free(struct credential_source *s)
{
	if (!s)
		return;
	credential_source_stop(s);
	join(s);
	if (s->stop_fd >= 0)
		close(s->stop_fd);
	secret_free(s->answer);
	pthread_mutex_destroy(&s->lock);
	buf_clear(&s->request);
	free(s->command);
	free(s);
}

void credential_source_stop(struct credential_source *s)
{
	if (s->stop_fd >= 0)
		eventfd_write(s->stop_fd, 1);
}

/* --- the helper ------------------------------------------------------------ */

static int ask_helper(struct credential_source *s, struct secret **out, struct err *err)
{
	scoped_buf struct buf answer = BUF(CREDENTIAL_ANSWER_MAX);
	struct helper_run run = { .command = s->command, .request = s->request.data,
				  .deadline_ms = CREDENTIAL_DEADLINE_MS, .stop_fd = s->stop_fd,
				  .complete = credential_complete };

	if (helper_run(&run, &answer, err) < 0)
		return -1;
	return credential_parse(answer.data, answer.len, out, err);
}

static void *run_helper(void *ctx)
{
	struct credential_source *s = ctx;
	struct secret *token = NULL;
	struct err why = { 0 };

	ask_helper(s, &token, &why);
	pthread_mutex_lock(&s->lock);
	s->answer = token;
	s->why = why;
	s->state = HELPER_DONE;
	pthread_mutex_unlock(&s->lock);
	s->listener.ready(s->listener.ctx);
	return NULL;
}

/* Signals are for the daemon's main thread. */
static int start_helper(struct credential_source *s)
{
	sigset_t all, before;
	int r;

	join(s);
	s->state = HELPER_RUNNING;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&s->thread, NULL, run_helper, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->started = r == 0;
	return r;
}

static enum watch_token from_helper(struct credential_source *s, bool needed, struct secret **out,
				    struct err *err)
{
	enum helper_state state;

	pthread_mutex_lock(&s->lock);
	state = s->state;
	if (state == HELPER_DONE) {
		s->state = HELPER_IDLE;
		*out = STEAL(s->answer);
		*err = s->why;
	}
	pthread_mutex_unlock(&s->lock);
	if (state == HELPER_DONE)
		return *out ? WATCH_TOKEN_NEW : WATCH_TOKEN_NONE;
	if (state == HELPER_RUNNING)
		return WATCH_TOKEN_LATER;
	if (!needed)
		return WATCH_TOKEN_SAME;
	int r = start_helper(s);
	if (r == 0)
		return WATCH_TOKEN_LATER;
	s->state = HELPER_IDLE;
	err_errno(err, ERR_NOMEM, r, "no thread for the credential helper");
	return WATCH_TOKEN_NONE;
}

/* --- the file -------------------------------------------------------------- */

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_nlink > 0 && a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int read_file(struct credential_source *s, struct secret **out, struct err *err)
{
	scoped_secret struct secret *token = NULL;

	if (file_read_secret(s->settings->token_file, TOKEN_FILE_MAX, true, &token, err) < 0 ||
	    secret_check_token(token, err) < 0)
		return err_context(err, "TokenFile");
	*out = STEAL(token);
	return 0;
}

static void tell(struct credential_source *s, bool ill, const struct err *err)
{
	if (s->ill != ill)
		s->listener.file(s->listener.ctx, ill ? err : NULL);
	s->ill = ill;
}

static enum watch_token from_file(struct credential_source *s, bool needed, struct secret **out,
				  struct err *err)
{
	struct stat now = { 0 };
	bool there = lstat(s->settings->token_file, &now) == 0;
	bool moment = !there && errno == ENOENT && !s->missed;

	s->missed = !there;
	/* one that is gone for a moment, while it is replaced, is no news */
	if (!needed && (moment || (there && same_file(&s->file, &now))))
		return WATCH_TOKEN_SAME;
	if (read_file(s, out, err) == 0) {
		s->file = now;
		s->was_read = true;
		tell(s, false, NULL);
		return WATCH_TOKEN_NEW;
	}
	s->file = (struct stat){ 0 };	/* what was in its way may go without a trace on it */
	if (needed)
		return WATCH_TOKEN_NONE;	/* the cycle's failure says why */
	if (s->was_read)
		tell(s, true, err);
	return WATCH_TOKEN_SAME;
}

enum watch_token credential_source_get(void *ctx, bool needed, struct secret **out, struct err *err)
{
	struct credential_source *s = ctx;
	const struct secret *token = s->settings->token;

	if (s->settings->token_file)
		return from_file(s, needed, out, err);
	if (!token)
		return from_helper(s, needed, out, err);
	if (!needed)
		return WATCH_TOKEN_SAME;
	return secret_new(secret_bytes(token), secret_len(token), out, err) < 0 ? WATCH_TOKEN_NONE
										: WATCH_TOKEN_NEW;
}
