/* SPDX-License-Identifier: MIT */
#include "cloudflare/chat.h"

#include <string.h>

#include "base/utf8.h"
#include "cloudflare/call.h"
#include "cloudflare/sse.h"

#define TIMEOUT_MS 300000	/* a model takes its time */
#define STREAM_MAX (16u * 1024 * 1024)
#define ANSWER_MAX (4u * 1024 * 1024)

static int check_text(const char *what, const char *text, struct err *err)
{
	if (!*text || strlen(text) > CHAT_TEXT_MAX)
		return err_set(err, ERR_USAGE, "%s has 1 to %d bytes", what, CHAT_TEXT_MAX);
	return utf8_valid(text, strlen(text)) ? 0 : err_set(err, ERR_USAGE, "%s is not UTF-8", what);
}

static void add_message(struct json_object *list, const char *role, const char *content)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "role", json_object_new_string(role));
	json_object_object_add(o, "content", json_object_new_string(content));
	json_object_array_add(list, o);
}

static int make_request(struct client *client, const struct chat_question *q, bool stream,
			struct buf *path, struct buf *text, struct err *err)
{
	scoped_json struct json_object *body = json_object_new_object();
	struct json_object *messages = json_object_new_array(), *options = NULL, *ids;

	json_object_object_add(body, "messages", messages);
	if (q->count < 1 || q->count > CHAT_INSTANCES_MAX)
		return err_set(err, ERR_USAGE, "1 to %d instances can be asked at once",
			       CHAT_INSTANCES_MAX);
	for (size_t i = 0; i < q->count; i++)
		if (client_check_instance(q->instances[i], err) < 0)
			return -1;
	if (check_text("a question", q->question, err) < 0 ||
	    (q->system && check_text("the system's text", q->system, err) < 0))
		return -1;
	if (q->system)
		add_message(messages, "system", q->system);
	add_message(messages, "user", q->question);
	if (q->model)
		json_object_object_add(body, "model", json_object_new_string(q->model));
	if (stream)
		json_object_object_add(body, "stream", json_object_new_boolean(true));
	if (q->options && json_object_deep_copy(q->options, &options, NULL) < 0)
		return err_nomem(err);
	if (q->count > 1) {
		if (!options)
			options = json_object_new_object();
		ids = json_object_new_array();
		for (size_t i = 0; i < q->count; i++)
			json_object_array_add(ids, json_object_new_string(q->instances[i]));
		json_object_object_add(options, "instance_ids", ids);
		client_add_account(client, path);
		buf_addf(path, "/ai-search/namespaces/%s", client_namespace(client));
	} else {
		client_add_instance(client, q->instances[0], path);
	}
	if (options)
		json_object_object_add(body, "ai_search_options", options);
	buf_adds(path, "/chat/completions");
	buf_adds(text, json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
	return 0;
}

int chat(struct client *client, const struct chat_question *q, struct json_object **out,
	 struct err *err)
{
	scoped_buf struct buf path = BUF(1024), body = BUF(1024 * 1024);
	scoped_envelope struct envelope e = { 0 };

	if (make_request(client, q, false, &path, &body, err) < 0)
		return -1;
	struct client_call call = { .method = "POST", .path = path.data, .body = &body,
				    .bare = true,
				    .permission = "AI Search Run", .timeout_ms = TIMEOUT_MS };
	if (client_call(client, &call, &e, err) < 0)
		return err_context(err, "asking '%s'", q->instances[0]);
	*out = json_object_get(e.result);
	return 0;
}

static int first_choice(struct json_object *answer, struct json_object **out, struct err *err)
{
	struct json_object *choices;

	*out = NULL;
	if (json_get_array(answer, "choices", &choices, err) < 0)
		return -1;
	if (choices && json_object_array_length(choices) > 0)
		*out = json_object_array_get_idx(choices, 0);
	return 0;
}

int chat_text(struct json_object *answer, const char **out, struct err *err)
{
	struct json_object *choice, *message = NULL;

	*out = NULL;
	if (first_choice(answer, &choice, err) < 0 ||
	    (choice && json_get_object(choice, "message", &message, err) < 0) ||
	    (message && json_get_text(message, "content", out, err) < 0))
		return err_context(err, "the answer");
	return *out ? 0 : err_set(err, ERR_PROTOCOL, "the answer has no text");
}

struct streaming {
	const struct chat_sink *sink;
	struct sse sse;
	struct buf text;	/* the whole answer */
	struct json_object *chunks, *last;	/* owned */
	bool ended;		/* [DONE], or a choice with its finish_reason */
	int result;
	struct err *err;
};

static void streaming_clear(struct streaming *s)
{
	sse_clear(&s->sse);
	buf_clear(&s->text);
	json_object_put(s->chunks);
	json_object_put(s->last);
}

static void keep_chunks(struct streaming *s, struct json_object *chunks)
{
	json_object_put(s->chunks);
	s->chunks = json_object_get(chunks);
}

/* What went wrong after the stream had begun: an envelope, or OpenAI's {"error":{"message"}}. */
static int stream_error(struct json_object *o, struct err *err)
{
	struct json_object *e = NULL, *errors = NULL;
	const char *message = NULL;
	struct err ignored = { 0 };

	if (!json_object_object_get_ex(o, "error", &e)) {
		json_get_array(o, "errors", &errors, &ignored);
		/* a completion may tell of instances that were not there: that is no end of it */
		struct json_object *choices;
		if (!errors || json_object_array_length(errors) == 0 ||
		    json_object_object_get_ex(o, "choices", &choices))
			return 0;
		e = json_object_array_get_idx(errors, 0);
	}
	if (json_object_is_type(e, json_type_string))
		message = json_object_get_string(e);
	else
		json_get_text(e, "message", &message, &ignored);
	return err_set(err, ERR_REMOTE, "the answer broke off: %.160s",
		       message ? message : "no reason given");
}

static int on_completion(struct streaming *s, struct json_object *o, struct err *err)
{
	struct json_object *choice, *delta = NULL, *chunks;
	const char *text = NULL, *finish = NULL;

	if (stream_error(o, err) < 0 || json_get_array(o, "chunks", &chunks, err) < 0)
		return -1;
	if (chunks)
		keep_chunks(s, chunks);
	json_object_put(s->last);
	s->last = json_object_get(o);
	if (first_choice(o, &choice, err) < 0)
		return -1;
	if (!choice)
		return 0;
	if (json_get_object(choice, "delta", &delta, err) < 0 ||
	    (delta && json_get_text(delta, "content", &text, err) < 0) ||
	    json_get_text(choice, "finish_reason", &finish, err) < 0)
		return -1;
	s->ended |= finish != NULL;
	if (!text || !*text)
		return 0;
	if (buf_adds(&s->text, text) < 0)
		return err_set(err, ERR_PROTOCOL, "the answer is longer than %u bytes", ANSWER_MAX);
	return s->sink->text(s->sink->ctx, text, strlen(text), err);
}

static int on_event(void *ctx, const struct sse_event *event, struct err *err)
{
	scoped_json struct json_object *o = NULL;
	struct streaming *s = ctx;

	if (!strcmp(event->data, "[DONE]")) {
		s->ended = true;
		return 0;
	}
	if (json_read("an event", event->data, event->len, &o, err) < 0)
		return -1;
	if (!strcmp(event->event, "chunks") && json_object_is_type(o, json_type_array)) {
		keep_chunks(s, o);
		return 0;
	}
	/* other kinds of events may come some day */
	return json_object_is_type(o, json_type_object) ? on_completion(s, o, err) : 0;
}

static bool on_data(void *ctx, const char *data, size_t len)
{
	struct streaming *s = ctx;

	s->result = sse_feed(&s->sse, data, len, on_event, s, s->err);
	return s->result == 0;
}

/* The stream as if it had come at once. */
static struct json_object *put_together(struct streaming *s)
{
	struct json_object *o = json_object_new_object(), *choices = json_object_new_array(),
			   *choice = json_object_new_object(), *message = json_object_new_object(), *v;

	for (const char *const *key = (const char *const []){ "id", "model", "created",
							      "errors", NULL };
	     *key; key++)
		if (s->last && json_object_object_get_ex(s->last, *key, &v))
			json_object_object_add(o, *key, json_object_get(v));
	json_object_object_add(o, "object", json_object_new_string("chat.completion"));
	json_object_object_add(message, "role", json_object_new_string("assistant"));
	json_object_object_add(message, "content",
			       json_object_new_string_len(s->text.data, (int)s->text.len));
	json_object_object_add(choice, "index", json_object_new_int(0));
	json_object_object_add(choice, "message", message);
	json_object_array_add(choices, choice);
	json_object_object_add(o, "choices", choices);
	json_object_object_add(o, "chunks",
			       s->chunks ? json_object_get(s->chunks) : json_object_new_array());
	return o;
}

int chat_stream(struct client *client, const struct chat_question *q, const struct chat_sink *sink,
		struct json_object **out, struct err *err)
{
	scoped_buf struct buf path = BUF(1024), body = BUF(1024 * 1024);
	struct err why = { 0 };
	SCOPED(streaming_clear) struct streaming s = { .sink = sink, .sse = SSE,
						       .text = BUF(ANSWER_MAX),
						       .err = &why };
	scoped_envelope struct envelope e = { 0 };
	const char *text;

	if (make_request(client, q, true, &path, &body, err) < 0)
		return -1;
	struct client_call call = { .method = "POST", .path = path.data, .body = &body,
				    .bare = true,
				    .permission = "AI Search Run", .timeout_ms = TIMEOUT_MS,
				    .max_body = STREAM_MAX, .on_data = on_data,
				    .data_type = "text/event-stream", .data_ctx = &s };
	if (client_call(client, &call, &e, err) < 0) {
		if (s.result < 0)
			*err = why;
		return err_context(err, "asking '%s'", q->instances[0]);
	}
	if (e.root) {		/* it answered at once after all */
		if (chat_text(e.result, &text, err) < 0 ||
		    sink->text(sink->ctx, text, strlen(text), err) < 0)
			return -1;
		*out = json_object_get(e.result);
		return 0;
	}
	if (!s.ended)
		return err_set(err, ERR_NETWORK, "asking '%s': the answer broke off before its end",
			       q->instances[0]);
	*out = put_together(&s);
	return 0;
}
