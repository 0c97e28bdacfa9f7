/* SPDX-License-Identifier: MIT */
/*
 * complete_text.h -- what of each shell's script is the same for all tables.  It calls, as
 * complete_print() writes them, in bash and zsh with the prefix _aisearch_, in fish
 * with __aisearch_:
 *
 *	firsts			the first words of all commands
 *	seconds FIRST		what may follow; fails when nothing does
 *	options NAME		of a command, "" = the common ones
 *	value NAME OPTION	what follows an option; fails when nothing does
 *	argument NAME N		what an argument is, from 0
 *
 * In bash and zsh they set `kind` (file, words, command, nothing) and `choices`, in zsh
 * also `list` (name:description); in fish they print: the kind and the choices, or lines
 * with name, tab and description.
 */
#ifndef COMMAND_COMPLETE_TEXT_H
#define COMMAND_COMPLETE_TEXT_H

extern const char complete_bash[], complete_zsh[], complete_fish[];

#endif
