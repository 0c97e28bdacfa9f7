/* SPDX-License-Identifier: MIT */
#include "index.h"

void index_open(struct db *db, struct instance *in)
{
	const char *wanted = js_get_str(js_get(in->config, "indexing_options"),
					"keyword_tokenizer");
	char sql[200];

	if (*in->fts)
		return;
	snprintf(in->fts, sizeof(in->fts), "%s",
		 wanted && !strcmp(wanted, "trigram") ? "trigram" : "porter");
	snprintf(sql, sizeof(sql),
		 "CREATE VIRTUAL TABLE fts_%lld USING fts5(text, content='chunk',"
		 " content_rowid='n', tokenize='%s')", (long long)in->n,
		 strcmp(in->fts, "trigram") ? "porter unicode61" : "trigram");
	db_exec(db, sql, "");
	db_exec(db, "UPDATE instance SET fts=?2 WHERE n=?1", "is", in->n, in->fts);
}

void index_drop_item(struct db *db, const struct instance *in, int64_t item)
{
	char sql[200];

	if (*in->fts) {
		/* The index has no copy of the text: it wants it back to forget it. */
		snprintf(sql, sizeof(sql),
			 "INSERT INTO fts_%lld(fts_%lld, rowid, text)"
			 " SELECT 'delete', n, text FROM chunk WHERE item=?1",
			 (long long)in->n, (long long)in->n);
		db_exec(db, sql, "i", item);
	}
	db_exec(db, "DELETE FROM chunk WHERE item=?1", "i", item);
}

void index_drop_instance(struct db *db, const struct instance *in)
{
	char sql[64];

	if (*in->fts) {
		snprintf(sql, sizeof(sql), "DROP TABLE fts_%lld", (long long)in->n);
		db_exec(db, sql, "");
	}
	db_exec(db, "DELETE FROM chunk WHERE item IN (SELECT n FROM item WHERE instance=?1)", "i",
		in->n);
	db_exec(db, "DELETE FROM item_log WHERE item IN (SELECT n FROM item WHERE instance=?1)",
		"i", in->n);
	db_exec(db, "DELETE FROM item WHERE instance=?1", "i", in->n);
	db_exec(db, "DELETE FROM job_log WHERE job IN (SELECT n FROM job WHERE instance=?1)", "i",
		in->n);
	db_exec(db, "DELETE FROM job WHERE instance=?1", "i", in->n);
	db_exec(db, "DELETE FROM instance WHERE n=?1", "i", in->n);
}

void index_writer_open(struct db *db, const struct instance *in, struct index_writer *w)
{
	char sql[96];

	snprintf(sql, sizeof(sql), "INSERT INTO fts_%lld(rowid, text) VALUES(?1, ?2)",
		 (long long)in->n);
	w->chunk = db_query(db, "INSERT INTO chunk(item,start,stop,text) VALUES(?1,?2,?3,?4)", "");
	w->fts = db_query(db, sql, "");
}

void index_writer_close(struct index_writer *w)
{
	sqlite3_finalize(w->chunk);
	sqlite3_finalize(w->fts);
}

void index_add(struct db *db, struct index_writer *w, int64_t item, int64_t start, int64_t stop,
	       const char *text, size_t len)
{
	if (!w->chunk || !w->fts)
		return;
	sqlite3_bind_int64(w->chunk, 1, item);
	sqlite3_bind_int64(w->chunk, 2, start);
	sqlite3_bind_int64(w->chunk, 3, stop);
	sqlite3_bind_text(w->chunk, 4, text, (int)len, SQLITE_STATIC);
	db_step(db, w->chunk);
	sqlite3_reset(w->chunk);
	sqlite3_bind_int64(w->fts, 1, sqlite3_last_insert_rowid(db->sql));
	sqlite3_bind_text(w->fts, 2, text, (int)len, SQLITE_STATIC);
	db_step(db, w->fts);
	sqlite3_reset(w->fts);
}
