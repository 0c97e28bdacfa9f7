/* SPDX-License-Identifier: MIT */
#include "indexing/select.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct entry {
	char *exact;		/* NULL = the regex */
	regex_t regex;
};

struct selection {
	struct entry *entries;
	size_t count;
	bool ignore;
};

struct selection *selection_new(void)
{
	return calloc(1, sizeof(struct selection));
}

void selection_free(struct selection *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		if (s->entries[i].exact)
			free(s->entries[i].exact);
		else
			regfree(&s->entries[i].regex);
	}
	free(s->entries);
	free(s);
}

static int compile(struct entry *e, const char *pattern, struct err *err)
{
	scoped_free char *re = strndup(pattern + 1, strlen(pattern) - 2);
	char why[128];

	if (!re)
		return err_nomem(err);
	int r = regcomp(&e->regex, re, REG_EXTENDED | REG_NOSUB);
	if (r == 0)
		return 0;
	regerror(r, &e->regex, why, sizeof(why));
	err_set(err, ERR_CONFIG, "'%.100s' is not a regular expression: %s", pattern, why);
	return err_hint(err, "POSIX extended syntax; in quotes write \\\\ for a backslash");
}

int selection_add(struct selection *s, const char *pattern, struct err *err)
{
	size_t len = strlen(pattern);

	if (len == 0)
		return err_set(err, ERR_CONFIG, "an empty name selects nothing");
	struct entry *more = reallocarray(s->entries, s->count + 1, sizeof(*more));
	if (!more)
		return err_nomem(err);
	s->entries = more;
	struct entry *e = &more[s->count];
	memset(e, 0, sizeof(*e));
	/* as ignorelist: "/" and "//" are plain names */
	if (len > 2 && pattern[0] == '/' && pattern[len - 1] == '/') {
		if (compile(e, pattern, err) < 0)
			return -1;
	} else {
		e->exact = strdup(pattern);
		if (!e->exact)
			return err_nomem(err);
	}
	s->count++;
	return 0;
}

void selection_ignore(struct selection *s, bool ignore)
{
	s->ignore = ignore;
}

size_t selection_count(const struct selection *s, bool *ignore)
{
	*ignore = s->ignore;
	return s->count;
}

static bool entry_matches(const struct entry *e, const char *name)
{
	return e->exact ? !strcmp(e->exact, name) : regexec(&e->regex, name, 0, NULL, 0) == 0;
}

bool selection_matches(const struct selection *s, const char *name)
{
	if (!s || s->count == 0)
		return true;
	for (size_t i = 0; i < s->count; i++)
		if (entry_matches(&s->entries[i], name))
			return !s->ignore;
	return s->ignore;
}
