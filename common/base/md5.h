/* SPDX-License-Identifier: MIT */
/*
 * md5.h -- pure: the MD5 of some bytes, because the checksum of an item and an R2 ETag are
 * one.  It tells whether a file is the same; it protects nothing.
 */
#ifndef BASE_MD5_H
#define BASE_MD5_H

#include <stddef.h>

#define MD5_HEX_SIZE 33

void md5_hex(const void *data, size_t len, char out[MD5_HEX_SIZE]);

#endif
