/* SPDX-License-Identifier: MIT */
/*
 * schema.h -- checks a request body against the JSON Schema of the contract.
 *
 * Knows the words the contract uses: type, properties, required,
 * additionalProperties, propertyNames, min/maxProperties, items, min/maxItems,
 * enum, pattern (POSIX extended), format date-time, min/maxLength, minimum,
 * maximum, not, anyOf, oneOf, $ref (to a name of bodies.c).
 */
#ifndef EMULATOR_SCHEMA_H
#define EMULATOR_SCHEMA_H

#include <stdbool.h>

#include "json.h"

struct schema_fault {
	char message[160];
	struct json_object *path;	/* array beginning with "body"; yours: json_object_put() */
};

/* Parses every schema of bodies.c once, before the first request. */
int schema_init(void);
void schema_exit(void);

/* true when body fits; otherwise *fault says what and where. */
bool schema_check(const char *name, struct json_object *body, struct schema_fault *fault);

/* bodies.c: the schemas by name, ended by {NULL, NULL}. */
struct schema_text {
	const char *name, *text;
};
extern const struct schema_text schema_texts[];

#endif
