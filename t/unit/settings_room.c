/* SPDX-License-Identifier: MIT */
#include "settings_room.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "indexing/conf.h"
#include "unit.h"

char settings_folder[64];

void settings_make_files(void)
{
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = { { "public", 0644 }, { "private", 0600 } };
	char path[128];

	strcpy(settings_folder, "/tmp/aisearch-unit.XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(settings_folder) != NULL);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct err err = { 0 };

		snprintf(path, sizeof(path), "%s/%s", settings_folder, files[i].name);
		CU_ASSERT_EQUAL(file_replace(path, "x\n", 2, &err), 0);
		CU_ASSERT_EQUAL(chmod(path, files[i].mode), 0);
	}
}

void settings_remove_files(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/public", settings_folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/private", settings_folder);
	unlink(path);
	rmdir(settings_folder);
}

void settings_fill(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (*text == '@')
			buf_adds(out, settings_folder);
		else
			buf_add(out, text, 1);
}

int settings_of_text(const char *text, struct settings **list, struct err *err)
{
	scoped_buf struct buf whole = BUF(65536);
	scoped_conf struct conf conf = { 0 };

	settings_fill(&whole, text);
	if (conf_parse(whole.data, whole.len, &conf, err) < 0)
		return -1;
	return settings_read(&conf.root, false, list, err);
}

int settings_of_block(const char *options, struct settings **list, struct err *err)
{
	scoped_buf struct buf text = BUF(65536);

	buf_addf(&text, "<Account \"a\">\n" ID "%s</Account>\n", options);
	return settings_of_text(text.data, list, err);
}
