/* SPDX-License-Identifier: MIT */
/*
 * chat.h -- a question to one instance or several of a namespace, answered by a model from what
 * they have indexed: at once, or word by word.
 */
#ifndef CLOUDFLARE_CHAT_H
#define CLOUDFLARE_CHAT_H

#include "cloudflare/client.h"

#define CHAT_INSTANCES_MAX 10	/* the contract's */
#define CHAT_TEXT_MAX 65536	/* bytes of a question, ours */

struct chat_question {		/* borrowed */
	const char *const *instances;
	size_t count;		/* 1..CHAT_INSTANCES_MAX */
	const char *question;	/* UTF-8, not empty */
	const char *system;	/* what comes before, or NULL */
	const char *model;	/* NULL = the instance's own */
	struct json_object *options;	/* ai_search_options without instance_ids, or NULL */
};

struct chat_sink {		/* for a stream */
	/*
	 * A piece of the answer, perhaps cut inside a character.  Foreign: escape before
	 * showing.
	 */
	int (*text)(void *ctx, const char *text, size_t len, struct err *err);
	void *ctx;
};

/* *out: the API's object, yours: choices[], chunks[], model... */
int chat(struct client *client, const struct chat_question *question, struct json_object **out,
	 struct err *err);

/* The same object, its one choice put together from the pieces. */
int chat_stream(struct client *client, const struct chat_question *question,
		const struct chat_sink *sink, struct json_object **out, struct err *err);

/* The answer's text in such an object, borrowed.  ERR_PROTOCOL when there is none. */
int chat_text(struct json_object *answer, const char **out, struct err *err);

#endif
