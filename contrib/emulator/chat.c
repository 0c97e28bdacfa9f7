/* SPDX-License-Identifier: MIT */
/*
 * chat.c -- chat completions: no envelope, and no model either: the content is
 * put together from the best chunks.
 */
#include "handlers.h"
#include "search.h"

#define QUOTED 3		/* chunks the content quotes */
#define QUOTE_BYTES 400

static void compose(struct buf *out, const struct hits *hits)
{
	size_t n = json_object_array_length(hits->chunks);

	if (!n) {
		buf_adds(out, "Nothing in the indexed documents matches this question.");
		return;
	}
	buf_addf(out, "The indexed documents say:\n");
	for (size_t i = 0; i < n && i < QUOTED; i++) {
		struct json_object *chunk = json_object_array_get_idx(hits->chunks, i);
		const char *text = js_get_str(chunk, "text");
		size_t len = strlen(text) < QUOTE_BYTES ? strlen(text) : QUOTE_BYTES;

		while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
		buf_addf(out, "\n[%zu] %s\n%.*s\n", i + 1,
			 js_get_str(js_get(chunk, "item"), "key"), (int)len, text);
	}
}

static struct json_object *completion(struct request *req, const struct hits *hits,
				      const char *id, const char *kind)
{
	const char *model = js_get_str(req->json, "model");
	struct json_object *obj = json_object_new_object();

	js_str(obj, "id", id);
	js_str(obj, "object", kind);
	js_str(obj, "model", model ? model : "@cf/meta/llama-3.3-70b-instruct-fp8-fast");
	js_int(obj, "created", now_s());
	if (hits->errors && json_object_array_length(hits->errors))
		js_share(obj, "errors", hits->errors);
	return obj;
}

static void add_choice(struct json_object *obj, const char *member, const char *content,
		       const char *finish)
{
	struct json_object *choices = json_object_new_array(), *choice = json_object_new_object(),
			   *message = json_object_new_object();

	js_int(choice, "index", 0);
	if (content) {
		js_str(message, "role", "assistant");
		js_str(message, "content", content);
	}
	json_object_object_add(choice, member, message);
	js_str(choice, "finish_reason", finish);
	json_object_array_add(choices, choice);
	json_object_object_add(obj, "choices", choices);
}

/* The chunks first, then the content in pieces, then the end. */
static void stream(struct request *req, const struct hits *hits, const char *id,
		   const char *content)
{
	struct buf *out = &req->answer.raw;

	buf_addf(out, "event: chunks\ndata: %s\n\n", js_text(hits->chunks));
	while (*content) {
		scoped_json struct json_object *event =
			completion(req, hits, id, "chat.completion.chunk");
		size_t len = strlen(content) < 64 ? strlen(content) : 64;
		char piece[72];

		while (content[len] && ((unsigned char)content[len] & 0xc0) == 0x80)
			len++;
		snprintf(piece, sizeof(piece), "%.*s", (int)len, content);
		add_choice(event, "delta", piece, NULL);
		buf_addf(out, "data: %s\n\n", js_text(event));
		content += len;
	}
	scoped_json struct json_object *last = completion(req, hits, id, "chat.completion.chunk");
	add_choice(last, "delta", NULL, "stop");
	buf_addf(out, "data: %s\n\ndata: [DONE]\n\n", js_text(last));
	req->answer.status = 200;
	req->answer.type = "text/event-stream";
}

static void answer_chat(struct request *req, const struct hits *hits)
{
	scoped_buf struct buf content = BUF(65536);
	struct json_object *obj;
	char uuid[UUID_SIZE], id[UUID_SIZE + 16];

	compose(&content, hits);
	random_uuid(uuid);
	snprintf(id, sizeof(id), "chatcmpl-%s", uuid);
	if (js_get_bool(req->json, "stream", false)) {
		stream(req, hits, id, content.data);
		return;
	}
	obj = completion(req, hits, id, "chat.completion");
	add_choice(obj, "message", content.data, "stop");
	js_share(obj, "chunks", hits->chunks);
	req->answer.status = 200;
	req->answer.body = obj;
	req->answer.type = "application/json";
}

void instance_chat(struct request *req)
{
	struct hits hits;

	if (search_instance(req, &hits))
		answer_chat(req, &hits);
	hits_clear(&hits);
}

void namespace_chat(struct request *req)
{
	struct hits hits;

	if (search_namespace(req, &hits))
		answer_chat(req, &hits);
	hits_clear(&hits);
}
