/* SPDX-License-Identifier: MIT */
#include "sync.h"

#include "chunk.h"
#include "credential.h"
#include "instance.h"
#include "job.h"
#include "scan.h"

#define BATCH 300		/* files compared in one transaction: a few milliseconds */

struct pass {			/* one job's scan */
	struct emulator *em;
	int64_t job;
	struct instance *in;
	const struct folder *folder;
	char *prefix, *under;
	int64_t started_ns;
	long found;
};

static bool any_matches(struct json_object *globs, const char *path)
{
	for (size_t i = 0; globs && i < json_object_array_length(globs); i++)
		if (glob_matches(json_object_get_string(json_object_array_get_idx(globs, i)), path))
			return true;
	return false;
}

static bool wanted(const struct pass *p, const char *path)
{
	struct json_object *params = js_get(p->in->config, "source_params"),
			   *include = js_get(params, "include_items"),
			   *exclude = js_get(params, "exclude_items");
	const char *prefix = js_get_str(params, "prefix");

	if (prefix && strncmp(path, prefix, strlen(prefix)))
		return false;
	if (p->under && strncmp(path, p->under, strlen(p->under)))
		return false;
	if (include && json_object_array_length(include) && !any_matches(include, path))
		return false;
	return !any_matches(exclude, path);
}

static void stop_with(struct emulator *em, const struct instance *in, int64_t job,
		      const char *reason)
{
	job_log_add(&em->db, job, 2, reason);
	job_end_all(&em->db, in->n, reason);
	db_exec(&em->db, "UPDATE instance SET status='error', fault=?2 WHERE n=?1", "is", in->n,
		reason);
}

/* Compares one file with what is known; `seen` of its item becomes the job's number. */
static void note(struct pass *p, const struct scan_file *file)
{
	struct db *db = &p->em->db;
	scoped_free char *key = NULL;
	scoped_stmt sqlite3_stmt *row = NULL;
	int64_t now = now_s();

	if (!wanted(p, file->path) || asprintf(&key, "%s%s", p->prefix, file->path) < 0)
		return;
	p->found++;
	row = db_query(db, "SELECT n, size, mtime, status FROM item WHERE instance=?1 AND key=?2",
		       "is", p->in->n, key);
	if (!db_step(db, row)) {
		db_exec(db, "INSERT INTO item(instance,key,status,next_action,size,created,seen,"
			    "modified,pass) VALUES(?1,?2,'queued','INDEX',?3,?4,?4,?4,?5)", "isiii",
			p->in->n, key, file->size, now, p->job);
		return;
	}
	db_exec(db, "UPDATE item SET seen=?2, pass=?3 WHERE n=?1", "iii",
		sqlite3_column_int64(row, 0), now, p->job);
	if (sqlite3_column_int64(row, 1) != file->size ||
	    sqlite3_column_int64(row, 2) != file->mtime)
		db_exec(db, "UPDATE item SET status='outdated', next_action='INDEX', modified=?2"
			    " WHERE n=?1 AND status NOT IN ('queued','running')", "ii",
			sqlite3_column_int64(row, 0), now);
}

static bool job_open(struct pass *p)
{
	return db_int(&p->em->db, "SELECT count(*) FROM job WHERE n=?1 AND ended=0", "i", p->job);
}

static void compare(struct pass *p, const struct scan *scan)
{
	struct db *db = &p->em->db;
	char message[120];
	bool open = true;

	for (size_t i = 0; i < scan->n && open && !p->em->stopping; ) {
		size_t stop = i + BATCH < scan->n ? i + BATCH : scan->n;

		db_begin(db);
		open = job_open(p);
		while (open && i < stop)
			note(p, &scan->file[i++]);
		db_end(db);
	}
	if (p->em->stopping)
		return;
	db_begin(db);
	if (open && job_open(p)) {
		db_exec(db, "UPDATE item SET status='outdated', next_action='DELETE'"
			    " WHERE instance=?1 AND pass<>?2", "ii", p->in->n, p->job);
		snprintf(message, sizeof(message), "Found %ld items in the source", p->found);
		job_log_add(db, p->job, 0, message);
		db_exec(db, "UPDATE job SET scanned=1, seen=?2 WHERE n=?1", "ii", p->job, now_s());
	}
	db_end(db);
}

static void scan_and_compare(struct pass *p)
{
	struct scan scan = { 0 };

	if (!scan_folder(p->folder->path, &scan)) {
		compare(p, &scan);
	} else {
		db_begin(&p->em->db);
		if (job_open(p))
			stop_with(p->em, p->in, p->job, "unable_to_read_source");
		db_end(&p->em->db);
	}
	scan_clear(&scan);
}

bool sync_step(struct emulator *em)
{
	struct pass p = { .em = em };
	struct db *db = &em->db;
	bool go = false;

	db_begin(db);
	p.job = db_int(db, "SELECT j.n FROM job j JOIN instance i ON i.n=j.instance"
			   " WHERE j.ended=0 AND j.scanned=0 AND i.paused=0 ORDER BY j.n LIMIT 1", "");
	if (p.job)
		p.in = instance_load_row(em, db_int(db, "SELECT instance FROM job WHERE n=?1", "i",
						    p.job));
	if (p.in) {
		p.folder = instance_folder(em->set, p.in, &p.prefix, &p.under);
		if (!p.folder) {
			stop_with(em, p.in, p.job, "source_not_found");
		} else if (!strcmp(p.in->type, "r2") && !credential_alive(em, p.in->token_id)) {
			stop_with(em, p.in, p.job, "ai_search_instance_invalid_token");
		} else {
			db_exec(db, "UPDATE instance SET status='indexing', fault=NULL WHERE n=?1",
				"i", p.in->n);
			go = p.prefix != NULL;
		}
	}
	db_end(db);
	if (go)
		scan_and_compare(&p);
	instance_free(p.in);
	free(p.prefix);
	free(p.under);
	return p.job != 0;
}

void sync_schedule(struct emulator *em)
{
	struct db *db = &em->db;

	db_begin(db);
	scoped_stmt sqlite3_stmt *row = db_query(
		db, "SELECT n FROM instance WHERE type IS NOT NULL AND paused=0 AND idle=0 AND"
		    " synced + ifnull(json_extract(config, '$.sync_interval'), 21600) <= ?1 AND"
		    " NOT EXISTS (SELECT 1 FROM job WHERE instance=instance.n AND ended=0)",
		"i", now_s());
	if (db_step(db, row))
		job_start(em, sqlite3_column_int64(row, 0), "schedule", NULL, NULL);
	sqlite3_finalize(STEAL(row));
	db_end(db);
}

void sync_finish(struct emulator *em)
{
	struct db *db = &em->db;
	int64_t job, instance;

	db_begin(db);
	job = db_int(db, "SELECT n FROM job WHERE ended=0 AND scanned=1 AND NOT EXISTS"
			 " (SELECT 1 FROM item WHERE item.instance=job.instance AND"
			 " status IN ('queued','running','outdated')) LIMIT 1", "");
	if (job) {
		instance = db_int(db, "SELECT instance FROM job WHERE n=?1", "i", job);
		job_log_add(db, job, 0, "Job finished");
		job_end_all(db, instance, "completed");
		db_exec(db, "UPDATE instance SET status='ready', activity=?2 WHERE n=?1", "ii",
			instance, now_s());
	}
	db_end(db);
}
