/* SPDX-License-Identifier: MIT */
/*
 * The opener of seals.  Lines of the input: the field, eight parts (a line "-" is an
 * absent one), the position of a change and its mask in decimal; the rest is the plain
 * text.  The input as it stands is also opened as if it had been sealed.
 */
#include "fuzz.h"

#include "vault/seal.h"

/* The next line, NUL-terminated in place; "" at the end. */
static char *next_line(char **at)
{
	static char empty[1];
	char *line = *at;
	char *end = line ? strchr(line, '\n') : NULL;

	if (!line)
		return empty;
	if (end)
		*end = '\0';
	*at = end ? end + 1 : NULL;
	return line;
}

static void never_opens(const struct secret *key, const struct seal_context *context,
			const void *sealed, size_t len)
{
	struct secret *plain = NULL;
	struct err err = { 0 };

	/* no byte more than there is, so that looking at one shows */
	void *exact = malloc(len);
	NEVER(!exact);
	memcpy(exact, sealed, len);
	NEVER(unseal(key, context, exact, len, &plain, &err) == 0 || plain);
	free(exact);
	check_err(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret *key;
	static const unsigned char bytes[SEAL_KEY_BYTES] = "a key of thirty-two bytes, fixed";
	struct err err = { 0 };
	struct secret *plain = NULL, *back = NULL;
	scoped_buf struct buf sealed = BUF(SECRET_MAX + SEAL_OVERHEAD);

	NEVER(!key && secret_new(bytes, sizeof(bytes), &key, &err) < 0);
	char *text = malloc(size + 1);
	NEVER(!text);
	memcpy(text, data, size);
	text[size] = '\0';

	char *at = text;
	struct seal_context context = { .field = next_line(&at) };
	for (int i = 0; i < SEAL_PARTS; i++) {
		const char *part = next_line(&at);

		context.part[i] = strcmp(part, "-") != 0 ? part : NULL;
	}
	const size_t position = strtoul(next_line(&at), NULL, 10);
	const unsigned char mask = (unsigned char)strtoul(next_line(&at), NULL, 10);
	const char *rest = at ? at : "";

	never_opens(key, &context, data, size);
	NEVER(secret_new(rest, strlen(rest), &plain, &err) < 0);
	NEVER(seal(key, &context, plain, &sealed, &err) < 0);
	NEVER(sealed.len != strlen(rest) + SEAL_OVERHEAD);
	NEVER(unseal(key, &context, sealed.data, sealed.len, &back, &err) < 0 ||
	      !secret_equal(plain, back));

	if (mask) {
		sealed.data[position % sealed.len] ^= (char)mask;
		never_opens(key, &context, sealed.data, sealed.len);
		sealed.data[position % sealed.len] ^= (char)mask;
	}
	never_opens(key, &context, sealed.data, position % sealed.len);	/* cut short */
	/* another row's part, and one that is absent instead of empty or the other way round */
	const char **part = &context.part[position % SEAL_PARTS];
	*part = *part && (*part)[0] ? "" : *part ? NULL : "";
	never_opens(key, &context, sealed.data, sealed.len);
	secret_free(plain);
	secret_free(back);
	free(text);
	return 0;
}
