/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#define DEPTH_MAX 3		/* plugin, account, option: no block below is ever accepted */
#define ITEMS_MAX 100000	/* options and values of one <Plugin> block */

static void tree_clear(struct setting *s)
{
	for (size_t i = 0; i < s->child_count; i++)
		tree_clear(&s->children[i]);
	free(s->children);
	free(s->values);
}
#define scoped_tree SCOPED(tree_clear)

static void take_value(const oconfig_value_t *from, struct setting_value *to)
{
	switch (from->type) {
	case OCONFIG_TYPE_NUMBER:
		*to = (struct setting_value){ .type = SETTING_NUMBER,
					      .number = from->value.number };
		break;
	case OCONFIG_TYPE_BOOLEAN:
		*to = (struct setting_value){ .type = SETTING_BOOLEAN,
					      .boolean = from->value.boolean != 0 };
		break;
	default:	/* the daemon's own text, so that wiping it wipes that */
		*to = (struct setting_value){ .type = SETTING_TEXT, .text = from->value.string };
	}
}

static int take_item(const oconfig_item_t *from, struct setting *to, int depth, size_t *left,
		     struct err *err)
{
	size_t values = from->values_num > 0 ? (size_t)from->values_num : 0;
	size_t children = from->children_num > 0 ? (size_t)from->children_num : 0;

	if (depth == DEPTH_MAX)
		children = children > 0;	/* that it is a block is enough to refuse it */
	if (values + children > *left)
		return err_set(err, ERR_CONFIG, "more than %d options and values", ITEMS_MAX);
	*left -= values + children;
	to->key = from->key;
	if ((values && !(to->values = calloc(values, sizeof(*to->values)))) ||
	    (children && !(to->children = calloc(children, sizeof(*to->children)))))
		return err_nomem(err);
	for (; to->value_count < values; to->value_count++)
		take_value(&from->values[to->value_count], &to->values[to->value_count]);
	for (size_t i = 0; i < children; i++) {
		to->child_count++;
		if (depth < DEPTH_MAX &&
		    take_item(&from->children[i], &to->children[i], depth + 1, left, err) < 0)
			return -1;
	}
	return 0;
}

int config_read(const oconfig_item_t *plugin, struct settings **list, struct err *err)
{
	scoped_tree struct setting tree = { 0 };
	size_t left = ITEMS_MAX;

	if (take_item(plugin, &tree, 1, &left, err) < 0)
		return -1;
	return settings_read(&tree, false, list, err);
}
