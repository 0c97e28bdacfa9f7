/* SPDX-License-Identifier: MIT */
/*
 * An export of a vault, line by line as `vault import` takes it; or a sealed one, which
 * never opens, as nobody who makes inputs has the passphrase.
 */
#include "fuzz.h"

#include <endian.h>

#include "../../plugin/command/vault_export.h"
#include "../../plugin/command/vault_line.h"
#include "vault/passphrase.h"

#define MAGIC (sizeof(EXPORT_MAGIC) - 1)

static void check_line(const struct vault_line *e)
{
	const char *const texts[] = { e->protocol, e->host, e->path, e->username, e->authtype };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		NEVER(has_controls(texts[i]));
	NEVER(e->expires_at < 0 || e->stored_at < 0);
	NEVER(!e->protocol || !e->protocol[0] || !e->host);
	NEVER(!e->host[0] && (strcmp(e->protocol, "cert") != 0 || !e->path));
}

static void read_lines(const char *text, size_t len)
{
	const char *end = text + len;

	for (bool first = true; text < end; first = false) {
		scoped_vault_line struct vault_line e = { 0 };
		struct err err = { 0 };
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		/* no byte more than there is, so that looking at one shows */
		size_t size = (size_t)((stop ? stop : end) - text);
		scoped_free char *exact = malloc(size ? size : 1);
		NEVER(!exact);
		memcpy(exact, text, size);
		text += size + (stop ? 1 : 0);
		if (vault_line_read(exact, size, first, &e, &err) < 0) {
			check_err(&err);
			NEVER(err.kind != ERR_INPUT);
			return;
		}
		if (!first)
			check_line(&e);
	}
}

/* Only what costs nothing to try: the least memory, or so much that it is refused. */
static bool is_cheap(const unsigned char *head)
{
	uint32_t passes, kib;

	memcpy(&passes, head + 1, sizeof(passes));
	memcpy(&kib, head + 5, sizeof(kib));
	passes = le32toh(passes);
	kib = le32toh(kib);
	return (passes <= 1 && kib <= 8) || !passes || passes >> 16 || !kib || kib >> 24;
}

static void open_sealed(const uint8_t *data, size_t size)
{
	scoped_secret struct secret *passphrase = NULL;
	scoped_buf struct buf plain = BUF(EXPORT_MAX);
	struct err err = { 0 };

	if (size > 9 && !is_cheap(data))
		return;
	NEVER(secret_new("a passphrase", 12, &passphrase, &err) < 0);
	NEVER(passphrase_open(passphrase, EXPORT_PURPOSE, data, size, &plain, &err) == 0);
	NEVER(plain.len > 0);
	check_err(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= MAGIC && !memcmp(data, EXPORT_MAGIC, MAGIC))
		open_sealed(data + MAGIC, size - MAGIC);
	else
		read_lines((const char *)data, size);
	return 0;
}
