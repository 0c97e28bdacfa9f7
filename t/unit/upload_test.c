/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/md5.h"
#include "cloudflare/item.h"
#include "provision/upload_scan.h"
#include "unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static void the_md5_of_rfc_1321(void)
{
	static const struct { const char *text, *md5; } rows[] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ "a", "0cc175b9c0f1b6a831c399e269772661" },
		{ "hello", "5d41402abc4b2a76b9719d911017c592" },
		{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		  "d174ab98d277d9f5a5611c2c9f419d9f" },
		{ "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
		  "57edf4a22be3c955ac49da2e2107b67a" },
		/* the lengths around a block's end */
		{ "1234567890123456789012345678901234567890123456789012345",
		  "c9ccf168914a1bcfc3229f1948e67da0" },
		{ "12345678901234567890123456789012345678901234567890123456",
		  "49f193adce178490e34d1b3a4ec0064c" },
		{ "1234567890123456789012345678901234567890123456789012345678901234",
		  "eb6c4179c0a7c82cc2828c1e6338e165" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char got[MD5_HEX_SIZE];

		md5_hex(rows[i].text, strlen(rows[i].text), got);
		UNIT_STR(got, rows[i].md5);
	}
}

static void names_are_checked(void)
{
	char longest[ITEM_NAME_MAX + 1], longer[ITEM_NAME_MAX + 2];
	const struct { const char *name; bool good; } rows[] = {
		{ "a", true }, { "guides/start.md", true }, { "\xc3\xa4.md", true },
		{ longest, true },
		{ "", false }, { longer, false }, { "a\nb", false }, { "a\"b", false },
		{ "a\x7f", false }, { "\xc3.md", false },
	};

	memset(longest, 'x', sizeof(longest));
	longest[ITEM_NAME_MAX] = '\0';
	memset(longer, 'x', sizeof(longer));
	longer[ITEM_NAME_MAX + 1] = '\0';
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = { 0 };

		UNIT_ROW(i, (item_check_name(rows[i].name, &err) == 0) == rows[i].good);
		UNIT_ROW(i, rows[i].good || err.kind == ERR_USAGE);
	}
}

static void put(const char *folder, const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void count_told(void *ctx, const char *file, const struct err *why)
{
	(void)file, (void)why;
	++*(int *)ctx;
}

static void a_scan_has_files_alone_in_order(void)
{
	static const char *const keys[] = { "a.md", "b/deep/c.md", "b/x.md", "z.md" };
	char folder[] = "/tmp/aisearch-unit.XXXXXX", path[512];
	struct upload_scan scan = { .fd = -1 };
	struct err err = { 0 };
	int told = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	for (const char **d = (const char *[]){ "b", "b/deep", ".git", NULL }; *d; d++) {
		snprintf(path, sizeof(path), "%s/%s", folder, *d);
		CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	}
	put(folder, "z.md", "z");
	put(folder, "a.md", "four");
	put(folder, "b/x.md", "x");
	put(folder, "b/deep/c.md", "c");
	put(folder, ".hidden", "h");
	put(folder, ".git/config", "g");
	snprintf(path, sizeof(path), "%s/link.md", folder);
	CU_ASSERT_EQUAL(symlink("a.md", path), 0);
	snprintf(path, sizeof(path), "%s/linked", folder);
	CU_ASSERT_EQUAL(symlink("b", path), 0);
	snprintf(path, sizeof(path), "%s/fifo", folder);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);

	CU_ASSERT_EQUAL(upload_scan(folder, count_told, &told, &scan, &err), 0);
	CU_ASSERT_EQUAL_FATAL(scan.count, COUNT(keys));
	for (size_t i = 0; i < COUNT(keys); i++)
		UNIT_STR(scan.files[i].key, keys[i]);
	CU_ASSERT_EQUAL(scan.files[0].size, 4);
	CU_ASSERT_EQUAL(told, 0);
	upload_scan_clear(&scan);

	snprintf(path, sizeof(path), "rm -rf '%s'", folder);
	CU_ASSERT_EQUAL(system(path), 0);
	CU_ASSERT_EQUAL(upload_scan(folder, count_told, &told, &scan, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	upload_scan_clear(&scan);
}

UNIT_SUITE(upload,
	{ "the MD5 of RFC 1321", the_md5_of_rfc_1321 },
	{ "names that the API would refuse are refused before", names_are_checked },
	{ "a scan has regular files alone, in the order of their keys",
	  a_scan_has_files_alone_in_order });
