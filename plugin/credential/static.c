/* SPDX-License-Identifier: MIT */
/*
 * A program that is linked as a whole loads nothing at run time.  SQLite's way to load an
 * extension, which nobody here uses, ends at these (the linker's --wrap); in a program
 * that is linked dynamically they are not called.
 */
#include <stddef.h>

void *__wrap_dlopen(const char *file, int mode);
void *__wrap_dlsym(void *handle, const char *symbol);
int __wrap_dlclose(void *handle);
char *__wrap_dlerror(void);

void *__wrap_dlopen(const char *file, int mode)
{
	(void)file;
	(void)mode;
	return NULL;
}

void *__wrap_dlsym(void *handle, const char *symbol)
{
	(void)handle;
	(void)symbol;
	return NULL;
}

int __wrap_dlclose(void *handle)
{
	(void)handle;
	return 0;
}

char *__wrap_dlerror(void)
{
	static char why[] = "this program loads no extensions";

	return why;
}
