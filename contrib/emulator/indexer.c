/* SPDX-License-Identifier: MIT */
#include "indexer.h"

#include <errno.h>

#include "base/md5.h"
#include "chunk.h"
#include "credential.h"
#include "index.h"
#include "scan.h"
#include "sync.h"

#define BATCH 48		/* items taken at once when there is no pace */
#define SLICE_MS 5		/* the longest a transaction goes on adding */
#define MAX_MEMORY (8 * 1024 * 1024)	/* file content prepared at once */

struct indexer {
	struct emulator *em;
	pthread_t thread;
	int64_t last;		/* instance of the last step */
	double due_ms;		/* when the pace allows the next file */
};

struct task {			/* one item on its way */
	int64_t n;
	char *key;
	bool remove;
	struct buf content;
	int64_t size, mtime;
	const char *status, *error;	/* the end that is known already, or NULL */
	char checksum[HEX_SIZE];
	struct cutter cutter;
	int64_t chunks, started_ms;
	bool begun, done;
};

/* The next instance in turn that has something queued and may be worked on. */
static struct instance *pick(struct indexer *ix)
{
	struct emulator *em = ix->em;
	int64_t n = ix->last, first = 0;

	for (int round = 0; round < 2; round++, n = 0) {
		while ((n = db_int(&em->db, "SELECT min(instance) FROM item WHERE status IN"
					    " ('queued','outdated') AND instance>?1", "i", n))) {
			struct instance *in;

			if (n == first)
				return NULL;
			if (!first)
				first = n;
			in = instance_load_row(em, n);
			if (!in || in->paused) {
				instance_free(in);
				continue;
			}
			if (!in->type || strcmp(in->type, "r2") ||
			    credential_alive(em, in->token_id))
				return in;
			if (!in->fault) {
				static const char why[] = "ai_search_instance_invalid_token";

				db_exec(&em->db, "UPDATE instance SET status='error', fault=?2"
						 " WHERE n=?1", "is", in->n, why);
				db_exec(&em->db, "UPDATE job SET ended=?2, seen=?2, reason=?3"
						 " WHERE instance=?1 AND ended=0", "iis", in->n,
					now_s(), why);
			}
			instance_free(in);
		}
	}
	return NULL;
}

/* Marks up to max queued items as running and remembers them. */
static int take(struct indexer *ix, struct instance *in, struct task *task, int max)
{
	struct db *db = &ix->em->db;
	int n = 0;

	scoped_stmt sqlite3_stmt *row = db_query(
		db, "SELECT n, key, next_action, content FROM item WHERE instance=?1 AND"
		    " status IN ('queued','outdated') LIMIT ?2", "ii", in->n, (int64_t)max);
	while (n < max && db_step(db, row)) {
		struct task *t = &task[n];

		*t = (struct task){ .n = sqlite3_column_int64(row, 0),
				    .key = strdup(db_col(row, 1)),
				    .remove = !strcmp(db_col(row, 2), "DELETE"),
				    .content = BUF(MAX_FILE) };
		if (!in->type)
			buf_add(&t->content, sqlite3_column_blob(row, 3),
				(size_t)sqlite3_column_bytes(row, 3));
		n += t->key != NULL;
	}
	for (int i = 0; i < n; i++)
		db_exec(db, "UPDATE item SET status='running' WHERE n=?1", "i", task[i].n);
	if (n)
		db_exec(db, "UPDATE instance SET activity=?2, fault=NULL, status="
			    "CASE WHEN type IS NULL THEN status ELSE 'indexing' END WHERE n=?1",
			"ii", in->n, now_s());
	index_open(db, in);
	return n;
}

static void finish_as(struct task *t, const char *status, const char *error)
{
	t->status = status;
	t->error = error;
}

static void read_source(struct indexer *ix, const struct instance *in, struct task *t)
{
	scoped_free char *prefix = NULL, *under = NULL;
	const struct folder *folder = instance_folder(ix->em->set, in, &prefix, &under);

	if (!folder || !prefix || strncmp(t->key, prefix, strlen(prefix))) {
		finish_as(t, "error", "source_not_found");
	} else if (file_kind(t->key) == FILE_UNSUPPORTED) {
		/* its size and time are wanted all the same */
		scan_read(folder->path, t->key + strlen(prefix), 0, &t->content, &t->size,
			  &t->mtime);
		finish_as(t, "skipped", "unsupported_file_type");
	} else if (scan_read(folder->path, t->key + strlen(prefix), MAX_FILE, &t->content, &t->size,
			     &t->mtime) < 0) {
		if (errno == EFBIG)
			finish_as(t, "skipped", "file_exceeds_maximum_size");
		else
			finish_as(t, "error", errno == ENOENT || errno == ELOOP ? "file_not_found"
									     : "file_not_readable");
		buf_clear(&t->content);
	}
}

/* Reads and judges one file, without any lock. */
static void prepare(struct indexer *ix, const struct instance *in, struct task *t)
{
	struct json_object *config = in->config;

	t->started_ms = now_ms();
	if (in->type)
		read_source(ix, in, t);
	else
		t->size = (int64_t)t->content.len;
	md5_hex(t->content.data, t->content.len, t->checksum);
	if (!t->status && !looks_like_text(t->content.data, t->content.len)) {
		if (file_kind(t->key) == FILE_MAYBE)
			finish_as(t, "skipped", "unsupported_file_type");
		else
			finish_as(t, "error", "file_is_not_text");
	}
	cutter_init(&t->cutter, t->content.data, t->status ? 0 : t->content.len,
		    js_get_bool(config, "chunk", true), (long)js_get_int(config, "chunk_size", 256),
		    (long)js_get_int(config, "chunk_overlap", 10));
}

static bool add_chunks(struct db *db, struct index_writer *w, struct task *t, int64_t until_ms)
{
	size_t start, stop;
	char *text;

	while (now_ms() < until_ms) {
		for (int i = 0; i < 16; i++) {
			if (!cutter_next(&t->cutter, &start, &stop))
				return true;
			text = malloc(3 * (stop - start) + 1);
			if (!text)
				return true;
			index_add(db, w, t->n, (int64_t)start, (int64_t)stop, text,
				  clean_utf8(text, t->content.data + start, stop - start));
			free(text);
			t->chunks++;
		}
	}
	return false;
}

/* Writes as much of t as fits before until_ms; t->done says whether that was all. */
static void write_task(struct indexer *ix, const struct instance *in, struct index_writer *w,
		       struct task *t, int64_t until_ms)
{
	struct db *db = &ix->em->db;
	int64_t now = now_s();

	/* Deleted or asked for again while we had no lock: not ours any more. */
	if (!db_int(db, "SELECT count(*) FROM item WHERE n=?1 AND status='running'", "i", t->n)) {
		t->done = true;
		return;
	}
	if (!t->begun) {
		index_drop_item(db, in, t->n);
		t->begun = true;
	}
	if (t->remove) {
		db_exec(db, "DELETE FROM item_log WHERE item=?1", "i", t->n);
		db_exec(db, "DELETE FROM item WHERE n=?1", "i", t->n);
		t->done = true;
		return;
	}
	if (!add_chunks(db, w, t, until_ms))
		return;
	t->done = true;
	db_exec(db, "UPDATE item SET status=?2, error=?3, checksum=?4, chunks=?5, size=?6,"
		    " mtime=?7, seen=?8, modified=?8, next_action=NULL WHERE n=?1", "isssiiii",
		t->n, t->status ? t->status : "completed", t->error, t->checksum, t->chunks, t->size,
		t->mtime, now);
	db_exec(db, "INSERT INTO item_log(item,time,action,message,chunks,ms,error)"
		    " VALUES(?1,?2,'INDEX',?3,?4,?5,?6)", "iisiis", t->n, now,
		t->status ? t->status : "completed", t->chunks, now_ms() - t->started_ms, t->error);
}

/* The database took nothing of it (a full disk): say so rather than try for ever. */
static void give_up(struct db *db, const struct task *task, int n)
{
	db_begin(db);
	for (int i = 0; i < n; i++)
		db_exec(db, "UPDATE item SET status='error', error='internal_error'"
			    " WHERE n=?1 AND status='running'", "i", task[i].n);
	db_end(db);
}

static void write_all(struct indexer *ix, const struct instance *in, struct task *task, int n)
{
	struct db *db = &ix->em->db;
	int i = 0;

	while (i < n && !ix->em->stopping) {
		int64_t until = now_ms() + SLICE_MS;
		struct index_writer w = { 0 };
		int first = i;

		db_begin(db);
		/* The table is gone when the instance is. */
		if (!db_int(db, "SELECT count(*) FROM instance WHERE n=?1", "i", in->n)) {
			db_end(db);
			return;
		}
		index_writer_open(db, in, &w);
		while (i < n && now_ms() < until) {
			write_task(ix, in, &w, &task[i], until);
			if (!task[i].done)
				break;
			i++;
		}
		index_writer_close(&w);
		if (db_end(db) < 0) {
			give_up(db, task + first, n - first);
			return;
		}
	}
}

/* Waits until the pace allows n more files; false when stopping. */
static bool keep_pace(struct indexer *ix, int n)
{
	double pace = ix->em->set->pace, now = (double)now_ms();

	if (pace <= 0)
		return !ix->em->stopping;
	if (ix->due_ms < now - 1000)	/* was idle: no credit for that */
		ix->due_ms = now;
	ix->due_ms += n * 1000 / pace;
	return ix->due_ms <= now || emulator_sleep(ix->em, (int64_t)(ix->due_ms - now), NULL);
}

static bool index_step(struct indexer *ix)
{
	double pace = ix->em->set->pace;
	int max = pace > 0 ? (pace < 10 ? 1 : pace / 10 > BATCH ? BATCH : (int)(pace / 10)) : BATCH;
	scoped_instance struct instance *in = NULL;
	struct task task[BATCH];
	int n = 0, from = 0;

	db_begin(&ix->em->db);
	in = pick(ix);
	if (in)
		n = take(ix, in, task, max);
	db_end(&ix->em->db);
	ix->last = in ? in->n : 0;
	if (!n || !keep_pace(ix, n)) {
		for (int i = 0; i < n; i++) {
			free(task[i].key);
			buf_clear(&task[i].content);
		}
		return n > 0;
	}
	while (from < n) {
		size_t memory = 0;
		int to = from;

		while (to < n && memory < MAX_MEMORY) {
			if (!task[to].remove)
				prepare(ix, in, &task[to]);
			memory += task[to++].content.len;
		}
		write_all(ix, in, task + from, to - from);
		for (; from < to; from++) {
			free(task[from].key);
			buf_clear(&task[from].content);
		}
	}
	emulator_work(ix->em);		/* someone may be waiting for an item */
	return true;
}

static void *run(void *cls)
{
	struct indexer *ix = cls;
	struct emulator *em = ix->em;
	int64_t last_schedule = now_ms();

	while (!em->stopping) {
		unsigned long seen;
		bool busy;

		pthread_mutex_lock(&em->lock);
		seen = em->work;
		pthread_mutex_unlock(&em->lock);
		busy = sync_step(em);
		busy = index_step(ix) || busy;
		sync_finish(em);
		if (now_ms() - last_schedule > 10000) {
			last_schedule = now_ms();
			sync_schedule(em);
		}
		if (!busy)
			emulator_sleep(em, 10000, &seen);
	}
	return NULL;
}

int indexer_start(struct emulator *em, struct indexer **out, struct err *err)
{
	struct indexer *ix = calloc(1, sizeof(*ix));
	int r;

	if (!ix)
		return err_nomem(err);
	ix->em = em;
	r = pthread_create(&ix->thread, NULL, run, ix);
	if (r) {
		free(ix);
		return err_errno(err, ERR_NOMEM, r, "cannot start the indexer");
	}
	*out = ix;
	return 0;
}

void indexer_stop(struct indexer *indexer)
{
	pthread_join(indexer->thread, NULL);
	free(indexer);
}
